import type { V1Deployment, V1Pod, V1PodDisruptionBudget } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import { stringify } from "yaml";
import { rendered } from "../../charts/helm.ts";
import { suite } from "../../support/suite.ts";
import { record } from "../connections.ts";
import {
  apply,
  command,
  described,
  eventually,
  install,
  installed,
  intentModel,
  kubectl,
  list,
  namespace,
  read,
  release,
  system,
} from "../world.ts";

const test = suite("The installation", 330_000);
const demo = "installation-test";
const operator = "app.kubernetes.io/component=operator";

test.before(installed);

test("has an operator that is available and leads", async () => {
  const deployment = await read<V1Deployment>("deployment", system, "intendant");
  assert.is(deployment?.status?.availableReplicas, 1);
  assert.match(await holder(), /^intendant-/);
});

test("passes its own `helm test`, which asks a model and has it measured", async () => {
  const output = await command("helm", [
    "test",
    "intendant",
    "-n",
    system,
    "--logs",
    "--timeout",
    "5m",
  ]);
  assert.match(output, /^POD LOGS: intendant-test /m);
  assert.match(output, /^[01]\.\d{4} find-hotel$/m);
  assert.match(output, /intendant-test was measured: P95 \S+ over \d+ requests/);
  assert.match(output, /WithinSLO is (True|False): /);
  const left = await kubectl("get", "mdep,role,rolebinding,serviceaccount", "-n", system);
  assert.not.match(left, /intendant-test/);
});

test("connects to nothing that its NetworkPolicy forbids when it is told the API server's port", async () => {
  const slices = await kubectl(
    "get",
    "endpointslice",
    "kubernetes",
    "-n",
    "default",
    "-o",
    "jsonpath={.ports[0].port} {.endpoints[0].addresses[0]}",
  );
  const [port = "", apiServer = ""] = slices.split(" ");
  const [policy] = rendered({ networkPolicy: { apiServerPorts: [Number(port)] } }).filter(
    ({ kind }) => kind === "NetworkPolicy",
  );
  const [toApiServer, toModels] = policy.spec.egress;
  const recording = await record();
  try {
    await kubectl("delete", "pod", "-n", system, "-l", operator, "--wait");
    await kubectl("rollout", "status", "deployment/intendant", "-n", system, "--timeout=2m");
    await namespace(demo);
    await apply(intentModel("seen", demo));
    await described(demo, "seen");
    const [pod] = await list<V1Pod>("pod", system, operator);
    const [server] = await list<V1Pod>("pod", demo, "intendant.dev/model=seen");
    const made = recording.seen().filter(({ from }) => from === pod?.status?.podIP);
    const permitted: string[] = [
      ...toApiServer.ports.map((one: { port: number }) => `${apiServer}:${one.port}`),
      ...toModels.ports.map((one: { port: number }) => `${server?.status?.podIP}:${one.port}`),
    ];
    const found = new Set(made.map(({ to, port }) => `${to}:${port}`));
    assert.equal([...found].sort(), permitted.sort());
    const { matchLabels } = toModels.to[0].podSelector;
    assert.equal({ ...server?.metadata?.labels, ...matchLabels }, server?.metadata?.labels);
  } finally {
    await recording.stop();
    await kubectl("delete", "namespace", demo, "--ignore-not-found", "--wait=false");
  }
});

const allValues = {
  replicas: 3,
  podDisruptionBudget: { maxUnavailable: "50%" },
  networkPolicy: { apiServerPorts: [443, 6443], monitoringNamespaces: ["monitoring", "default"] },
  image: { operator: { digest: `sha256:${"0".repeat(64)}` } },
  imagePullSecrets: [{ name: "registry" }],
  extraEnv: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }],
  extraVolumes: [{ name: "certificates", configMap: { name: "certificates" } }],
  extraVolumeMounts: [{ name: "certificates", mountPath: "/certificates", readOnly: true }],
  serviceAccount: { name: "somebody", annotations: { a: "b" } },
  grafana: { dashboard: { enabled: true } },
  podAnnotations: { a: "b" },
  podLabels: { a: "b" },
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }],
  affinity: { podAntiAffinity: {} },
  priorityClassName: "system-cluster-critical",
};

for (const [title, values] of [
  ["the defaults", {}],
  ["every value", allValues],
  [
    "as little as can be",
    {
      crds: { install: false },
      networkPolicy: { enabled: false },
      metrics: { service: { enabled: false } },
      serviceAccount: { create: false },
      test: { benchmark: false },
      topologySpreadConstraints: [],
      resources: {},
    },
  ],
  ["two namespaces", { watchNamespaces: ["default", system] }],
] as const) {
  test(`is valid for the API server with ${title}`, async () => {
    const objects = rendered(values);
    for (const { kind, spec } of objects) {
      // The API server looks the pod's account up, which helm makes before the pod.
      if (kind === "Pod") delete spec.serviceAccountName;
    }
    const text = objects.map((object) => stringify(object)).join("---\n");
    const strict = ["--dry-run=server", "--server-side", "--force-conflicts", "--validate=strict"];
    const output = await command("kubectl", ["apply", ...strict, "-f", "-"], text);
    assert.is(output.split("\n").length, objects.length, output);
    assert.not.match(output, /warning/i);
  });
}

test("can be repeated without a new operator pod", async () => {
  const pods = () =>
    kubectl(
      "get",
      "pod",
      "-n",
      system,
      "-l",
      "app.kubernetes.io/name=intendant",
      "-o",
      "jsonpath={.items[*].metadata.uid}",
    );
  const before = await pods();
  await install();
  assert.is(await pods(), before);
});

test("lets one of two operators be evicted at a time, and another one lead", async () => {
  await release("upgrade", "charts/intendant", "--set", "replicas=2");
  try {
    await eventually("the budget knows both", 60, async () => {
      const budget = await read<V1PodDisruptionBudget>("pdb", system, "intendant");
      return budget?.status?.currentHealthy === 2 && budget.status.disruptionsAllowed === 1;
    });
    const pods = await list<V1Pod>("pod", system, operator);
    // One of before may still be ending.
    const lasting = pods.filter(({ metadata }) => !metadata?.deletionTimestamp);
    const names = lasting.map(({ metadata }) => metadata?.name ?? "");
    assert.is(names.length, 2);
    const leader = await eventually("one of them leads", 60, async () => {
      const found = await holder();
      return names.includes(found) && found;
    });
    const other = names.find((name) => name !== leader) ?? "";
    await evict(leader);
    const refusal = await evict(other).then(
      () => "it was evicted",
      (error: Error) => error.message,
    );
    assert.match(refusal, /violate the pod's disruption budget/);
    await eventually("another one leads", 60, async () => ![leader, ""].includes(await holder()));
  } finally {
    await installed();
  }
});

/** The pod whose operator leads. */
function holder(): Promise<string> {
  const path = "jsonpath={.spec.holderIdentity}";
  return kubectl("get", "lease", "intendant", "-n", system, "-o", path);
}

function evict(name: string): Promise<string> {
  const eviction = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace: system },
  };
  const path = `/api/v1/namespaces/${system}/pods/${name}/eviction`;
  return command("kubectl", ["create", "--raw", path, "-f", "-"], JSON.stringify(eviction));
}

test("gives the operator the rights it needs, and no other", async () => {
  const account = `system:serviceaccount:${system}:intendant`;
  const may = (verb: string, resource: string) =>
    kubectl("auth", "can-i", verb, resource, "--as", account, "-A", "--quiet").then(
      () => true,
      () => false,
    );
  for (const [verb, resource, allowed] of [
    ["watch", "modeldeployments", true],
    ["patch", "deployments.apps", true],
    ["patch", "poddisruptionbudgets.policy", true],
    ["delete", "networkpolicies.networking.k8s.io", true],
    ["deletecollection", "networkpolicies.networking.k8s.io", false],
    ["update", "modeldeployments", false],
    ["get", "secrets", false],
    ["list", "configmaps", false],
    ["delete", "pods", false],
    ["create", "clusterroles", false],
  ] as const) {
    assert.is(await may(verb, resource), allowed, `${verb} ${resource}`);
  }
});

test.run();
