import type {
  V1Deployment,
  V1Pod,
  V1PodDisruptionBudget,
  V1Service,
} from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { KubeObject } from "../../../operator/src/kube/resource.ts";
import type { NetworkPolicy } from "../../../operator/src/kube/objects.ts";
import { allows } from "../../support/network-policies.ts";
import { ask as askApi } from "../api.ts";
import { endpoints, record } from "../connections.ts";
import {
  apply,
  ask,
  condition,
  eventually,
  example,
  intentModel,
  kubectl,
  list,
  namespacedSuite,
  read,
} from "../world.ts";

const demo = "children-test";
const test = namespacedSuite("A model's children", demo, 240_000);
test.after(async () => {
  await kubectl("delete", "crd", routes, "--ignore-not-found");
});

const small = { requests: { cpu: "20m", memory: "256Mi" } };
const ingress = { host: "intent.example.com", path: "/" };
const routes = "httproutes.gateway.networking.k8s.io";
const status = async (name: string) => (await read<ModelDeployment>("mdep", demo, name))!.status!;
const uid = async (kind: string, name: string) =>
  (await read<KubeObject>(kind, demo, name))?.metadata?.uid;
const servers = (name: string) =>
  list<V1Pod>("pod", demo, `intendant.dev/model=${name},app.kubernetes.io/name=model-server`);

/** Waits until the model is stalled for a reason, and gives the message. */
const stalled = (name: string, reason: string) =>
  eventually(`${name} is stalled as ${reason}`, 60, async () => {
    const found = (await status(name))?.conditions?.find(({ type }) => type === "Stalled");
    return found?.status === "True" && found.reason === reason ? found.message : undefined;
  });

const kinds = ["poddisruptionbudget", "networkpolicy", "ingress"];

test("are there as soon as it serves", async () => {
  await apply(intentModel("guarded", demo, { replicas: 2, resources: small, expose: { ingress } }));
  const { status } = await condition(demo, "guarded", "Ready");
  for (const kind of kinds) assert.ok(await uid(kind, "guarded"), kind);
  const budget = await eventually("the budget counts two pods", 30, async () => {
    const found = await read<V1PodDisruptionBudget>("pdb", demo, "guarded");
    return found?.status?.currentHealthy === 2 ? found : undefined;
  });
  const { disruptionsAllowed, expectedPods } = budget.status!;
  assert.equal({ disruptionsAllowed, expectedPods }, { disruptionsAllowed: 1, expectedPods: 2 });
  const selected = budget.spec?.selector?.matchLabels?.["intendant.dev/revision"];
  assert.is(selected, status?.serving?.revision);
});

/** Each version of what the operator has written for a model, but for its own status. */
async function written(name: string): Promise<unknown[]> {
  const others = await Promise.all([...kinds, "service"].map((kind) => read(kind, demo, name)));
  const selector = `intendant.dev/model=${name}`;
  const deployments = await list<V1Deployment>("deployment", demo, selector);
  return [
    ...(others as KubeObject[]).map(({ metadata }) => metadata?.resourceVersion),
    ...deployments.map(({ metadata }) => metadata?.generation),
  ];
}

test("are not written again while all is well", async () => {
  const before = await written("guarded");
  // What concerns no child has the operator look at all of them.
  const patch = ["--type=merge", '--patch={"spec":{"rollout":{"historyLimit":2}}}'];
  await kubectl("patch", "mdep/guarded", "-n", demo, ...patch);
  await condition(demo, "guarded", "Ready");
  assert.equal(await written("guarded"), before);
});

for (const kind of kinds) {
  test(`come back when somebody deletes one: ${kind}`, async () => {
    const before = await uid(kind, "guarded");
    await kubectl("delete", kind, "guarded", "-n", demo);
    await eventually(`another ${kind} is there`, 30, async () => {
      const now = await uid(kind, "guarded");
      return now !== undefined && now !== before;
    });
  });
}

test("are put back when somebody opens a port by hand", async () => {
  const edit = { spec: { ingress: [{}] } };
  const edited = await kubectl(
    "patch",
    "networkpolicy/guarded",
    "-n",
    demo,
    "--type=merge",
    `--patch=${JSON.stringify(edit)}`,
    "-o=jsonpath={.metadata.resourceVersion}",
  );
  await eventually("the policy has its two rules again", 30, async () => {
    const { metadata, spec } = (await read<NetworkPolicy>("networkpolicy", demo, "guarded"))!;
    return metadata?.resourceVersion !== edited && spec?.ingress?.length === 2;
  });
});

test("let one pod be evicted, and refuse a second one until another serves", async () => {
  const [first, second] = await servers("guarded");
  await eventually("a disruption is allowed", 30, async () => {
    const found = await read<V1PodDisruptionBudget>("pdb", demo, "guarded");
    return found?.status?.disruptionsAllowed === 1;
  });
  await evict(first!);
  const refusal = await evict(second!).catch(String);
  assert.match(refusal, /would violate the pod's disruption budget/);
  await condition(demo, "guarded", "Ready");
  await eventually("a disruption is allowed again", 60, async () => {
    const found = await read<V1PodDisruptionBudget>("pdb", demo, "guarded");
    return found?.status?.disruptionsAllowed === 1;
  });
});

function evict({ metadata }: V1Pod): Promise<string> {
  const { name, namespace } = metadata!;
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  return askApi(path, { method: "POST", body: JSON.stringify(eviction) });
}

test("go when the spec no longer asks for them, and come with `kubectl scale`", async () => {
  const { serving } = await status("guarded");
  await apply(intentModel("guarded", demo, { replicas: 1, resources: small }));
  await eventually("budget and Ingress are gone", 30, async () => {
    return !(await uid("pdb", "guarded")) && !(await uid("ingress", "guarded"));
  });
  assert.ok(await uid("networkpolicy", "guarded"));
  await kubectl("scale", "mdep/guarded", "-n", demo, "--replicas=2");
  await eventually("the budget is back", 30, () => uid("pdb", "guarded"));
  await eventually("two pods serve", 60, async () => (await status("guarded")).replicas === 2);
  assert.is((await status("guarded")).serving?.revision, serving?.revision);
});

test("carry the pods to where the spec says, with what it says", async () => {
  const pod = {
    annotations: { "example.com/team": "ml" },
    nodeSelector: { "kubernetes.io/os": "linux" },
    tolerations: [{ key: "dedicated", operator: "Exists" as const }],
    priorityClassName: "children-test",
    imagePullSecrets: [{ name: "registry" }],
  };
  await apply({
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "children-test" },
    value: 1000,
  });
  const server = { image: "docker.io/intendant/server:0.1.0", grpc: false };
  await apply(intentModel("placed", demo, { resources: small, server, pod }));
  await condition(demo, "placed", "Ready");
  const [found] = await servers("placed");
  await kubectl("delete", "priorityclass", "children-test");
  const { nodeSelector, priorityClassName, imagePullSecrets, priority } = found!.spec!;
  assert.equal(
    { nodeSelector, priorityClassName, imagePullSecrets, priority },
    {
      nodeSelector: pod.nodeSelector,
      priorityClassName: "children-test",
      imagePullSecrets: pod.imagePullSecrets,
      priority: 1000,
    },
  );
  assert.is(found!.metadata?.annotations?.["example.com/team"], "ml");
  assert.ok(found!.spec!.tolerations?.some(({ key }) => key === "dedicated"));
});

test("are what the example of a public model shows", async () => {
  await apply(example("intent-fr-public", demo));
  await condition(demo, "intent-fr-public", "Ready");
  for (const kind of kinds) assert.ok(await uid(kind, "intent-fr-public"), kind);
  await kubectl("delete", "mdep", "intent-fr-public", "-n", demo);
});

const wrong: [title: string, affinity: object, says: RegExp][] = [
  [
    "a field that does not exist",
    { nodeAffinity: { required: {} } },
    /spec\.affinity\.nodeAffinity\.required: field not declared in schema/,
  ],
  [
    "no term",
    {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
    },
    /must have at least one node selector term/,
  ],
];
for (const [title, affinity, says] of wrong) {
  test(`end in the API server's words for an affinity with ${title}`, async () => {
    const before = await status("placed");
    await apply(intentModel("placed", demo, { resources: small, pod: { affinity } }));
    assert.match(await stalled("placed", "Refused"), says);
    assert.is((await status("placed")).serving?.revision, before.serving?.revision);
    await apply(
      intentModel("placed", demo, { resources: small, pod: { annotations: { a: title } } }),
    );
    await condition(demo, "placed", "Ready");
  });
}

test("say so when the pods' PriorityClass does not exist", async () => {
  const pod = { priorityClassName: "nobody-made-it" };
  await apply(intentModel("placed", demo, { resources: small, pod }));
  await eventually("Reconciling names the PriorityClass", 60, async () => {
    const found = (await status("placed")).conditions?.find(({ type }) => type === "Reconciling");
    return found?.status === "True" && found.message.includes("nobody-made-it");
  });
});

test("give a look at a candidate, for as long as there is one", async () => {
  await apply(intentModel("looked-at", demo, { resources: small }));
  const before = await condition(demo, "looked-at", "Ready");
  const model = { bundled: "intent-fr", sha256: "0".repeat(64) };
  await apply(intentModel("looked-at", demo, { resources: small, model }));
  const preview = await eventually("there is a preview Service", 30, () =>
    read<V1Service>("service", demo, "looked-at-preview"),
  );
  const revision = preview.spec?.selector?.["intendant.dev/revision"];
  assert.ok(revision && revision !== before.status?.serving?.revision);
  await apply(intentModel("looked-at", demo, { resources: small }));
  await eventually(
    "there is none",
    30,
    async () => (await uid("service", "looked-at-preview")) === undefined,
  );
});

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: routes,
    annotations: { "api-approved.kubernetes.io": "unapproved, a stand-in for tests" },
  },
  spec: {
    group: "gateway.networking.k8s.io",
    names: { kind: "HTTPRoute", plural: "httproutes", singular: "httproute" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
      },
    ],
  },
};

test("are all but one where the Gateway API is missing, and that one follows it", async () => {
  const httpRoute = { parentRefs: [{ name: "public" }], path: "/" };
  await apply(intentModel("routed", demo, { resources: small, expose: { httpRoute } }));
  assert.match(await stalled("routed", "GatewayAPIMissing"), /install the Gateway API/);
  const [answer] = await eventually("it answers nevertheless", 60, () =>
    ask<{ intent: string }[]>(demo, "routed", "/api/intent?sentence=un+train+pour+Paris"),
  );
  assert.ok(answer?.intent);

  await apply(definition);
  await condition(demo, "routed", "Stalled=False", 60);
  const before = await uid(routes, "routed");
  assert.ok(before);
  await kubectl("delete", routes, "routed", "-n", demo);
  await eventually("another HTTPRoute is there", 30, async () => {
    const now = await uid(routes, "routed");
    return now !== undefined && now !== before;
  });
  await apply(intentModel("routed", demo, { resources: small }));
  await eventually("the HTTPRoute is gone", 30, async () => !(await uid(routes, "routed")));
});

test("let in every connection that is really made, and keep out those that are not", async () => {
  const recording = await record();
  try {
    const benchmark = { scenario: "Users", duration: "5s", warmUp: "0s", users: 2 } as const;
    await apply(intentModel("measured", demo, { resources: small, benchmark }));
    await condition(demo, "measured", "Benchmarked");
    const pods = await endpoints();
    const policies = await list<NetworkPolicy>("networkpolicy", demo);
    const [server] = await servers("measured");
    const to = pods.get(server!.status!.podIP!)!;

    const made = recording.seen().filter((one) => one.to === server!.status!.podIP);
    const known = made.flatMap(({ from, port }) => {
      const pod = pods.get(from);
      return pod ? [{ from: pod, to, port }] : [];
    });
    // What comes from no pod is the kubelet's; it has the node's address on the pods' network.
    const others = made.filter(({ from }) => !pods.has(from)).map(({ from }) => from);
    assert.ok(
      others.every((address) => address.endsWith(".64.1")),
      `unknown: ${others.join()}`,
    );
    const kinds = known.map(({ from, port }) => `${from.labels["app.kubernetes.io/name"]} ${port}`);
    // The load generator reads the CPU counters of the pods that it measures.
    const expected = ["benchmark 8080", "benchmark 9090", "intendant 9090"];
    assert.equal([...new Set(kinds)].sort(), expected);
    for (const connection of known) {
      assert.ok(allows(policies, connection), JSON.stringify(connection));
      const stranger = { ...connection.from, labels: { app: "stranger" } };
      const isOps = connection.port === 9090;
      assert.is(allows(policies, { ...connection, from: stranger }), !isOps);
    }
  } finally {
    await recording.stop();
  }
});

test.run();
