import * as assert from "uvu/assert";
import {
  conditionOf,
  type ModelDeployment,
  type ModelDeploymentSpec,
} from "../../../operator/src/api/model-deployment.ts";
import { identity } from "../../../tools/support/models.ts";
import { onnx, type Graph } from "../../../tools/support/onnx.ts";
import {
  apply,
  condition,
  eventually,
  intentModel,
  kubectl,
  namespacedSuite,
  read,
} from "../world.ts";

const demo = "trouble-test";
const test = namespacedSuite("What only the world can tell", demo, 240_000);

type Spec = Partial<ModelDeploymentSpec>;

/** A resource that admission takes, and that cannot be served in this world. */
interface Case {
  title: string;
  name: string;
  spec: Spec;
  /** Objects that are there before. */
  given?: object[];
  /** Where it is; a namespace of its own for what concerns the whole namespace. */
  namespace?: string;
  /** Left out where it is the server that says so. */
  reason?: string;
  /** The field or object, and the remedy. */
  says: RegExp;
  /** Does what the message asks for. */
  cure?: () => Promise<unknown>;
}

const resources = { requests: { cpu: "10m", memory: "128Mi" } };
const requests = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });
const env = (name: string, value: string) => ({ server: { grpc: false, env: [{ name, value }] } });
const own = (name: string, key = "model.onnx") => ({ model: { configMap: { name, key } } });
const meta = (name: string, namespace = demo) => ({ name, namespace });

const model = ({ name, namespace = demo }: Pick<Case, "name" | "namespace">, spec: Spec) =>
  intentModel(name, namespace, { resources, rollout, ...spec });

/** Short, so that what does not start becomes a matter for a person within the test. */
const rollout = { gate: "None", deadline: "10s", historyLimit: 1 } as const;

const configMap = (name: string, file: Buffer, key = "model.onnx") => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: meta(name),
  binaryData: { [key]: file.toString("base64") },
});

const quota = (namespace: string, hard: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: meta("quota", namespace),
  spec: { hard },
});

const limitRange = (namespace: string, memory: string) => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: meta("limits", namespace),
  spec: { limits: [{ type: "Container", max: { memory } }] },
});

const takenService = {
  apiVersion: "v1",
  kind: "Service",
  metadata: meta("taken"),
  spec: { ports: [{ port: 80 }] },
};

const priorityClass = {
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name: "intendant-trouble-test" },
  value: 1,
};

const graph: Graph = {
  inputs: [{ name: "x", type: "float", shape: ["N"] }],
  outputs: [{ name: "y", type: "float", shape: ["N"] }],
  nodes: [{ operator: "Identity", inputs: ["x"], outputs: ["y"] }],
};
const frobnicate = [{ operator: "Frobnicate", inputs: ["x"], outputs: ["y"] }];

/** A served file; the operator reads ConfigMaps once a minute, and at once when told to. */
async function exchange(name: string, file: Buffer, key?: string): Promise<void> {
  await apply(configMap(name, file, key));
  await kubectl("annotate", `mdep/${name}`, "-n", demo, "look=again");
}

/** The same resource with another spec. */
const corrected = (name: string, spec: Spec) => apply(model({ name }, spec));

const cases: Case[] = [
  {
    title: "a ConfigMap that does not exist",
    name: "no-configmap",
    spec: own("no-configmap"),
    reason: "ModelNotFound",
    says: /ConfigMap no-configmap does not exist; run: kubectl create configmap no-configmap/,
    cure: () => exchange("no-configmap", identity("float")),
  },
  {
    title: "a ConfigMap without the key",
    name: "no-key",
    spec: own("no-key", "iris.onnx"),
    given: [configMap("no-key", identity("float"))],
    reason: "ModelNotFound",
    says: /ConfigMap no-key has no key iris.onnx; run: kubectl create configmap no-key/,
    cure: () => exchange("no-key", identity("float"), "iris.onnx"),
  },
  {
    title: "another digest than that of the file",
    name: "digest",
    spec: { model: { ...own("digest").model, sha256: "0".repeat(64) } },
    given: [configMap("digest", identity("float"))],
    reason: "DigestMismatch",
    says: /spec.model.sha256 is 0{64}, but model.onnx in ConfigMap digest has \w{64}; correct/,
    cure: () => corrected("digest", own("digest")),
  },
  {
    title: "another digest than that of a bundled model",
    name: "bundled-digest",
    spec: { model: { bundled: "intent-fr", sha256: "0".repeat(64) } },
    says: /The SHA-256 of the model is \w{64}, expected 0{64}; correct spec.model.sha256/,
  },
  {
    title: "a bundled model that the server does not have",
    name: "bundled",
    spec: { model: { bundled: "intent-xx" } },
    says: /intent-xx.onnx: there is no such file; .*correct spec.model.bundled, for example inte/,
    cure: () => corrected("bundled", { model: { bundled: "intent-fr" } }),
  },
  {
    title: "a file that is no model",
    name: "no-onnx",
    spec: own("no-onnx"),
    given: [configMap("no-onnx", Buffer.from("<html>Not found</html>"))],
    says: /the file is truncated or not an ONNX file; put the whole file there/,
    cure: () => exchange("no-onnx", identity("float")),
  },
  {
    title: "a file of nothing",
    name: "empty",
    spec: own("empty"),
    given: [configMap("empty", Buffer.alloc(0))],
    says: /it has no graph, so it is not an ONNX file; put the whole file there/,
  },
  {
    title: "operators that are too new",
    name: "opset",
    spec: own("opset"),
    given: [configMap("opset", onnx({ ...graph, opset: 99 }))],
    says: /uses opset 99 of ai.onnx, and ONNX Runtime has up to (\d+); export it with opset \1/,
  },
  {
    title: "a format that is too new",
    name: "ir",
    spec: own("ir"),
    given: [configMap("ir", onnx({ ...graph, ir: 99 }))],
    says: /IR version is 99, and ONNX Runtime reads up to (\d+); save it with ir_version \1/,
  },
  {
    title: "an operator that does not exist",
    name: "operator",
    spec: own("operator"),
    given: [configMap("operator", onnx({ ...graph, nodes: frobnicate }))],
    says: /needs operator Frobnicate, .*; export it with standard operators or a newer opset/,
  },

  {
    title: "more memory than any node has",
    name: "memory",
    spec: requests("10m", "4Ti"),
    reason: "Unschedulable",
    says: /1 Insufficient memory; lower spec.resources.requests or add a node/,
    cure: () => corrected("memory", {}),
  },
  {
    title: "more CPU than any node has",
    name: "cpu",
    spec: requests("5000", "128Mi"),
    reason: "Unschedulable",
    says: /1 Insufficient cpu; lower spec.resources.requests or add a node/,
  },
  {
    title: "too little memory",
    name: "oom",
    spec: requests("10m", "32Mi"),
    reason: "OOMKilled",
    says: /exited with code 137, out of memory; raise spec.resources.requests.memory or limits.memory/,
    cure: () => corrected("oom", requests("10m", "256Mi")),
  },
  {
    title: "a quota of the namespace",
    name: "quota",
    namespace: `${demo}-quota`,
    spec: {},
    given: [quota(`${demo}-quota`, { "requests.memory": "64Mi" })],
    reason: "FailedCreate",
    says: /a pod is forbidden: exceeded quota: quota, .*; lower spec.resources .* raise the quota/,
    cure: () => apply(quota(`${demo}-quota`, { "requests.memory": "2Gi" })),
  },
  {
    title: "a quota of objects",
    name: "objects",
    namespace: `${demo}-objects`,
    spec: {},
    given: [quota(`${demo}-objects`, { "count/deployments.apps": "0" })],
    reason: "Forbidden",
    says: /deployments.apps "objects-\w+" is forbidden: exceeded quota: quota, .*; raise the quota/,
    cure: () => apply(quota(`${demo}-objects`, { "count/deployments.apps": "2" })),
  },
  {
    title: "a LimitRange of the namespace",
    name: "limits",
    namespace: `${demo}-limits`,
    spec: {},
    given: [limitRange(`${demo}-limits`, "64Mi")],
    reason: "FailedCreate",
    says: /maximum memory usage per Container is 64Mi.*; change spec.resources or .* LimitRange/,
    cure: () => apply(limitRange(`${demo}-limits`, "1Gi")),
  },
  {
    title: "a Service of somebody else",
    name: "taken",
    spec: {},
    given: [takenService],
    reason: "NameTaken",
    says: /Service taken exists and does not belong to Intendant; remove it or give/,
    cure: () => kubectl("delete", "service", "taken", "-n", demo),
  },

  {
    title: "a setting that the server does not take",
    name: "level",
    spec: env("LOG_LEVEL", "shout"),
    reason: "CrashLoopBackOff",
    says: /LOG_LEVEL is "shout"; write one of trace, .*; correct spec.server.env/,
    cure: () => corrected("level", env("LOG_LEVEL", "warn")),
  },
  {
    title: "a setting that Node does not take",
    name: "node-options",
    spec: env("NODE_OPTIONS", "--nonsense"),
    reason: "CrashLoopBackOff",
    says: /--nonsense is not allowed in NODE_OPTIONS; correct spec.server.env/,
  },
  {
    title: "a server image that does not exist",
    name: "image",
    spec: { server: { grpc: false, image: "127.0.0.1:1/absent:1" } },
    reason: "ImagePullBackOff",
    says: /image 127.0.0.1:1\/absent:1 cannot be pulled: .*; correct the image in the spec/,
    cure: () => corrected("image", {}),
  },
  {
    title: "a label that no node has",
    name: "selector",
    spec: { pod: { nodeSelector: { "intendant.test/disk": "fast" } } },
    reason: "Unschedulable",
    says: /didn't match .*selector; change spec.pod.nodeSelector or .*, or label a node/,
    cure: () => kubectl("label", "nodes", "--all", "intendant.test/disk=fast"),
  },
  {
    title: "a PriorityClass that does not exist",
    name: "priority",
    spec: { pod: { priorityClassName: priorityClass.metadata.name } },
    reason: "FailedCreate",
    says: /no PriorityClass with name \S+ was found; correct spec.pod.priorityClassName or create/,
    cure: () => apply(priorityClass),
  },
  {
    title: "an affinity with a field that there is not",
    name: "affinity",
    spec: { pod: { affinity: { nodeAffinity: { required: [] } } } },
    reason: "Refused",
    says: /affinity.nodeAffinity.required: field not declared.*; correct spec.pod.affinity/,
    cure: () => corrected("affinity", {}),
  },
  {
    title: "an affinity with a value that cannot be",
    name: "topology",
    spec: {
      pod: {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "" }],
          },
        },
      },
    },
    reason: "Refused",
    says: /topologyKey: Required value.*; correct spec.pod.affinity/,
  },
  {
    title: "an annotation that Kubernetes keeps for itself",
    name: "mirror",
    spec: { pod: { annotations: { "kubernetes.io/config.mirror": "a" } } },
    reason: "Refused",
    says: /annotations\[kubernetes.io\/config.mirror\]: .*; correct spec.pod.annotations/,
    cure: () => corrected("mirror", {}),
  },
];

const namespaces = cases.flatMap(({ namespace }) => namespace ?? []);

test.before(async () => {
  for (const name of namespaces) {
    await kubectl("delete", "namespace", name, "--ignore-not-found", "--wait");
    await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  for (const object of cases.flatMap(({ given = [] }) => given)) await apply(object);
  for (const each of cases) await apply(model(each, each.spec));
});

test.after(async () => {
  await kubectl("delete", "namespace", ...namespaces, "--wait=false");
  await kubectl("delete", "priorityclass", priorityClass.metadata.name, "--ignore-not-found");
  await kubectl("label", "nodes", "--all", "intendant.test/disk-");
});

/** Waits until a person is asked for, with these words. */
function asked({ name, namespace = demo, says }: Case): Promise<ModelDeployment> {
  let words: string | undefined;
  return eventually(`${name} is stalled with ${says}`, 180, async () => {
    const found = await read<ModelDeployment>("mdep", namespace, name);
    const stalled = conditionOf(found?.status, "Stalled");
    if (stalled?.status === "True" && says.test(stalled.message)) return found;
    if (stalled?.message !== words) words = stalled?.message;
    throw new Error(`Stalled is ${stalled?.status}: ${words}`);
  });
}

for (const each of cases) {
  test(`${each.title} ends in a condition that says what to do`, async () => {
    const { status, metadata } = await asked(each);
    const [ready, stalled] = [conditionOf(status, "Ready"), conditionOf(status, "Stalled")];
    if (each.reason !== undefined) assert.is(stalled?.reason, each.reason);
    assert.is(stalled?.observedGeneration, metadata.generation);
    assert.is(ready?.status, "False");
    assert.match(ready?.message ?? "", each.says);
    // Not awaited until all are cured: many need the same half a minute.
    await each.cure?.();
  });
}

for (const { title, name, namespace = demo } of cases.filter(({ cure }) => cure)) {
  test(`${title} is forgotten once it is put right`, async () => {
    const { status } = await condition(namespace, name, "Ready", 200);
    assert.is(conditionOf(status, "Stalled")?.status, "False");
  });
}

test("a namespace that is deleted takes a model with it that cannot be served", async () => {
  const name = `${demo}-gone`;
  await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const doomed = { name: "doomed", namespace: name };
  await apply(model(doomed, { model: { bundled: "intent-xx" } }));
  await eventually("its Deployment is there", 60, async () =>
    (await kubectl("get", "deployments", "-n", name, "-o", "name")).startsWith("deployment"),
  );
  await kubectl("delete", "namespace", name, "--timeout=150s");
});

test.run();
