import * as assert from "uvu/assert";
import type { ModelDeploymentStatus } from "../../../operator/src/api/model-deployment.ts";
import type { Api } from "../../../operator/src/kube/api.ts";
import { kinds, type Kind, type KubeObject } from "../../../operator/src/kube/resource.ts";
import { FakeApi, type FakeRequest } from "../../support/fake-api.ts";
import { suite } from "../../support/suite.ts";
import { until } from "../../../tools/support/until.ts";
import { autoscaling, images, larger } from "../fixtures.ts";
import { Kubelet } from "../kubelet.ts";
import { applied, description, operate, type Operator, type OperatorOptions } from "../operator.ts";

interface World {
  server: FakeApi;
  kubelet: Kubelet;
  start: (options?: OperatorOptions) => Promise<Operator>;
  operators: Operator[];
}

const test = suite<World>("controller", 30_000);

test.before.each(async (world) => {
  world.server = await FakeApi.start();
  world.kubelet = new Kubelet(world.server);
  world.operators = [];
  world.start = async (options) => {
    const operator = await operate(world.server, options);
    world.operators.push(operator);
    return operator;
  };
});

test.after.each(async ({ server, kubelet, operators }) => {
  for (const operator of operators) await operator.stop();
  kubelet.stop();
  await server.close();
});

const benchmark = { scenario: "Users", duration: "30s", warmUp: "0s" } as const;
const isWrite = ({ verb }: FakeRequest) => !["get", "list", "watch"].includes(verb);
const service = { name: "intent-fr", namespace: "demo" };
const expose = {
  ingress: { host: "intent.example.com", path: "/" },
  httpRoute: { parentRefs: [{ name: "public" }], path: "/" },
};
const children = [
  kinds.podDisruptionBudget,
  kinds.networkPolicy,
  kinds.ingress,
  kinds.httpRoute,
] as const;
const exists = (server: FakeApi, kind: Kind) => server.objects.get(kind, service) !== undefined;

/** The revision that the Service selects. */
function selected(server: FakeApi): string | undefined {
  const { spec } = server.objects.get(kinds.service, service) ?? {};
  return (spec as { selector?: Record<string, string> })?.selector?.["intendant.dev/revision"];
}

test("makes a model Ready, and measured, from nothing", async ({ server, start }) => {
  await start();
  const model = applied(server, { autoscaling, benchmark, slo: { p95: "120ms" } });
  await until(() => model.says("WithinSLO") === "True Met");
  assert.ok(model.isReady());
  const { status } = model.read();
  assert.is(status?.replicas, 2);
  assert.is(status?.benchmark?.p95, "3.1ms");
  const { sha256, inputs, outputs } = status?.serving ?? {};
  assert.equal({ sha256, inputs, outputs }, description);
  assert.is(status?.serving?.image, images.server);
  assert.is(selected(server), status?.serving?.revision);
});

test("does nothing about a model that is as it should be", async ({ server, start }) => {
  const operator = await start();
  const model = applied(server, { autoscaling, benchmark });
  await until(() => model.says("Benchmarked") === "True Measured");
  await operator.stop();

  const later = await start();
  await until(() => (later.passes["done"] ?? 0) > 0 && later.controller.queueDepth() === 0);
  const before = server.requests.length;
  const passes = later.passes["done"]!;
  model.edit({}, { look: "again" });
  await until(() => later.passes["done"]! > passes && later.controller.queueDepth() === 0);
  const asked = server.requests.slice(before).map(({ verb }) => verb);
  // A watch that is only just being opened is none of the pass's.
  assert.equal(
    asked.filter((verb) => verb !== "watch"),
    [],
  );
});

test("writes numbers of pods in the name of a manager of their own", async ({ server, start }) => {
  await start();
  const model = applied(server, { replicas: 3 });
  await until(model.isReady);
  const managers = server
    .received({ verb: "patch", kind: kinds.deployment })
    .map(({ query, body }) => [
      query.get("fieldManager"),
      (body as { spec: { replicas?: number } }).spec.replicas,
    ]);
  assert.equal(managers, [
    ["intendant", undefined],
    ["intendant-replicas", 3],
  ]);
});

test("leaves the number of pods to the autoscaler", async ({ server, start }) => {
  const operator = await start();
  const model = applied(server, { autoscaling });
  await until(model.isReady);
  const [deployment] = server.objects.list(kinds.deployment, "demo");
  const { spec } = deployment as { spec?: object };
  server.objects.put(kinds.deployment, {
    ...deployment,
    spec: { ...spec, replicas: 4 },
  } as KubeObject);
  await until(() => model.read().status?.replicas === 4);
  await until(() => operator.controller.queueDepth() === 0);
  assert.equal(Object.values(model.deployments()), [4]);
});

test("rolls out a change without a moment in which nothing serves", async ({ server, start }) => {
  await start();
  const model = applied(server, { replicas: 2 });
  await until(model.isReady);
  const first = selected(server);
  const moments = watchTraffic(server);
  model.edit(larger);
  await until(() => model.isReady() && Object.keys(model.deployments()).length === 1);
  assert.is.not(selected(server), first);
  assert.equal(Object.values(model.deployments()), [2]);
  assert.ok(Math.min(...moments) >= 2, `there were only ${Math.min(...moments)} pods at a time`);
});

test("tells what happened in Events", async ({ server, start, operators }) => {
  await start();
  const model = applied(server, { benchmark });
  await until(() => model.says("Benchmarked") === "True Measured");
  model.edit(larger);
  await until(() => model.isReady() && Object.keys(model.deployments()).length === 1);
  await until(() => model.says("Benchmarked") === "True Measured");
  await operators[0]?.stop();
  const told = server.objects
    .list(kinds.event, "demo")
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map((event) => event["reason"]);
  const once = ["Created", "Promoted", "Measuring", "Measured"];
  assert.equal(
    told.filter((reason) => reason !== "Retired"),
    [...once, ...once],
  );
  assert.is(told.filter((reason) => reason === "Retired").length, 1);
});

// A rollout with an autoscaler and a benchmark makes about a dozen writes. The operator is killed
// before each of them in turn; the last rounds are those in which it is not.
for (let survived = 0; survived < 16; survived += 1) {
  test(`killed before write ${survived + 1} of a rollout, another one goes on`, async (world) => {
    const { server, start } = world;
    const first = await start();
    const model = applied(server, { autoscaling, benchmark });
    await until(() => model.says("Benchmarked") === "True Measured");
    await first.stop();

    const moments = watchTraffic(server);
    const killed = await start({ wrap: (api) => mortal(api, survived) });
    model.edit(larger);
    await until(() => isOver(killed) || isRolledOut());
    await killed.stop();
    await start();
    await until(isRolledOut);
    assert.ok(Math.min(...moments) >= 2, `there were only ${Math.min(...moments)} pods at a time`);

    function isRolledOut(): boolean {
      const { status, metadata } = model.read();
      const benchmarked = status?.conditions?.find(({ type }) => type === "Benchmarked");
      return (
        model.isReady() &&
        Object.keys(model.deployments()).length === 1 &&
        benchmarked?.status === "True" &&
        benchmarked.observedGeneration === metadata.generation &&
        status?.benchmark?.revision === selected(server)
      );
    }
  });
}

// A request is noted, acknowledged, answered by a Job, reported and recorded.
for (let survived = 0; survived < 8; survived += 1) {
  test(`killed before write ${survived + 1} of a request, another one answers it, once`, async (world) => {
    const { server, start } = world;
    const first = await start();
    const model = applied(server, { benchmark });
    await until(() => model.says("Benchmarked") === "True Measured");
    await first.stop();

    const killed = await start({ wrap: (api) => mortal(api, survived) });
    model.edit({}, { "intendant.dev/benchmark": "now" });
    await until(() => isOver(killed) || isAnswered());
    await killed.stop();
    const last = await start();
    await until(isAnswered);
    await until(() => last.controller.queueDepth() === 0);
    const { status, metadata } = model.read();
    assert.equal(
      status?.history?.map(({ trigger, outcome }) => `${trigger} ${outcome}`),
      ["Request Valid", "Change Valid"],
    );
    assert.is(metadata.annotations?.["intendant.dev/benchmark"], undefined);
    assert.is(status?.measureRequestedAt, undefined);
    assert.ok(server.objects.get(kinds.configMap, reportOf(status)), "the report is there");

    function isAnswered(): boolean {
      return model.read().status?.history?.[0]?.trigger === "Request";
    }
  });
}

const reportOf = (status: ModelDeploymentStatus | undefined) => ({
  name: status?.benchmark?.report ?? "",
  namespace: "demo",
});

test("takes a request back without a conflict", async ({ server, start }) => {
  const operator = await start();
  const model = applied(server, { benchmark });
  await until(() => model.says("Benchmarked") === "True Measured");
  model.edit({}, { "intendant.dev/benchmark": "now" });
  await until(() => model.read().status?.history?.length === 2);
  assert.equal(Object.keys(operator.passes), ["done"]);
});

test("measures one model after the other, each as soon as it is its turn", async (world) => {
  const { server, kubelet, start } = world;
  kubelet.endless = true;
  await start();
  const models = ["one", "two", "three"].map((name) => applied(server, { benchmark }, name));
  const count = (words: string) =>
    models.filter((model) => model.says("Benchmarked") === words).length;
  await until(() => count("False Queued") === 2 && count("False Running") === 1);
  assert.is(server.objects.list(kinds.job, "demo").length, 1);
  kubelet.endless = false;
  const [job] = server.objects.list(kinds.job, "demo");
  const labels = { ...job!.metadata.labels, look: "again" };
  server.objects.put(kinds.job, { ...job, metadata: { ...job!.metadata, labels } });
  await until(() => count("True Measured") === 3);
});

for (const kind of [kinds.service, kinds.deployment, kinds.modelDeployment] as const) {
  test(`survives refusals when it writes a ${kind.kind}`, async ({ server, start }) => {
    await start();
    server.fail({ verb: "patch", kind }, "internalError", "conflict", "truncatedBody");
    const model = applied(server, { replicas: 2 });
    await until(model.isReady);
    server.fail({ verb: "patch", kind }, "conflict", "internalError");
    model.edit(larger);
    await until(() => model.isReady() && Object.keys(model.deployments()).length === 1);
  });
}

test("does not take over a Service of somebody else", async ({ server, start }) => {
  const foreign = { metadata: service, spec: { selector: { app: "shop" } } } as KubeObject;
  server.objects.put(kinds.service, foreign);
  await start();
  const model = applied(server);
  await until(() => model.says("Stalled") === "True NameTaken");
  const ready = model.read().status?.conditions?.[0];
  assert.is(
    ready?.message,
    "Service intent-fr exists and does not belong to Intendant; " +
      "remove it or give the ModelDeployment another name",
  );
  assert.equal(server.objects.get(kinds.service, service)?.spec, { selector: { app: "shop" } });
  assert.equal(model.deployments(), {}, "no pod was started in vain");

  server.objects.remove(kinds.service, service);
  model.edit({}, { look: "again" });
  await until(model.isReady);
});

test("waits for the remains of an earlier model of the same name", async ({ server, start }) => {
  const ownerReferences = [
    {
      apiVersion: "intendant.dev/v1alpha1",
      kind: "ModelDeployment",
      name: "intent-fr",
      uid: "another",
      controller: true,
    },
  ];
  server.objects.put(kinds.service, { metadata: { ...service, ownerReferences } });
  await start();
  const model = applied(server);
  await until(() => model.says("Reconciling") === "True Waiting");
  server.objects.remove(kinds.service, service);
  model.edit({}, { look: "again" });
  await until(model.isReady);
});

test("a broken model does not delay another one", async ({ server, kubelet, start }) => {
  kubelet.broken = ["broken"];
  await start({ concurrency: 1 });
  const broken = applied(server, {}, "broken");
  server.failAlways({ verb: "patch", kind: kinds.service, name: "unlucky" }, "internalError");
  const unlucky = applied(server, {}, "unlucky");
  const fine = applied(server, {}, "fine");
  await until(fine.isReady);
  assert.not(broken.isReady());
  assert.not(unlucky.isReady());
});

test("pods that do not answer hold nobody up", async ({ server, start }) => {
  const never = () => new Promise<never>(() => {});
  await start({ concurrency: 1, introspection: { model: never, unready: never } });
  const models = ["one", "two", "three"].map((name) => applied(server, {}, name));
  await until(() => models.every((model) => model.isReady()));
});

test("puts back what somebody changed or removed", async ({ server, start }) => {
  await start();
  const model = applied(server, { replicas: 2 });
  await until(model.isReady);
  const revision = selected(server);
  const [deployment] = server.objects.list(kinds.deployment, "demo");
  server.objects.remove(kinds.deployment, deployment!.metadata);
  await until(() => Object.values(model.deployments()).join() === "2");
  server.objects.remove(kinds.service, service);
  await until(() => selected(server) === revision);
  const stored = server.objects.get(kinds.service, service);
  server.objects.put(kinds.service, {
    ...stored,
    spec: { selector: { app: "shop" } },
  } as KubeObject);
  await until(() => selected(server) === revision);
});

test("serves a model although the Gateway API that it asks for is missing", async (world) => {
  const { server, start } = world;
  server.failAlways({ kind: kinds.httpRoute }, "notFound");
  await start();
  const model = applied(server, { replicas: 2, expose });
  await until(() => model.says("Stalled") === "True GatewayAPIMissing");
  assert.is(model.read().status?.serving?.revision, selected(server));
  assert.ok(server.objects.get(kinds.ingress, service));
  assert.equal(server.received({ verb: "watch", kind: kinds.httpRoute }), []);
  assert.equal(server.received({ verb: "patch", kind: kinds.httpRoute }), []);
});

for (const kind of children) {
  test(`puts back a ${kind.kind} that somebody removed, and removes it when it is unwanted`, async (world) => {
    const { server, start } = world;
    await start();
    const model = applied(server, { replicas: 2, expose });
    await until(() => model.isReady() && exists(server, kind));
    server.objects.remove(kind, service);
    await until(() => exists(server, kind));
    model.edit({ replicas: 1, expose: {} });
    const wanted = kind === kinds.networkPolicy;
    await until(() => exists(server, kind) === wanted && model.isReady());
  });

  test(`does not take over a ${kind.kind} of somebody else`, async ({ server, start }) => {
    server.objects.put(kind, { metadata: service, spec: { theirs: true } } as KubeObject);
    await start();
    const model = applied(server, { replicas: 2, expose });
    await until(() => model.says("Stalled") === "True NameTaken");
    assert.equal(server.objects.get(kind, service)?.spec, { theirs: true });
  });
}

test("goes on with everything else when a way in from outside is refused", async (world) => {
  const { server, start } = world;
  server.failAlways({ verb: "patch", kind: kinds.ingress }, "invalid");
  await start();
  const model = applied(server, { replicas: 3, expose });
  await until(() => model.says("Stalled") === "True Refused");
  await until(() => Object.values(model.deployments()).join() === "3");
  const first = selected(server);
  model.edit(larger);
  await until(() => selected(server) !== first && Object.keys(model.deployments()).length === 1);
});

test("serves a model from a ConfigMap under its digest", async ({ server, start }) => {
  await start();
  const model = applied(server, { model: { configMap: { name: "own", key: "model.onnx" } } });
  await until(() => model.says("Stalled") === "True ModelNotFound");
  const binaryData = { "model.onnx": Buffer.from("model").toString("base64") };
  const metadata = { name: "own", namespace: "demo" };
  server.objects.put(kinds.configMap, { metadata, binaryData } as KubeObject);
  model.edit({}, { look: "again" });
  await until(model.isReady);
  const [deployment] = server.objects.list(kinds.deployment, "demo");
  assert.match(JSON.stringify(deployment), /"name":"MODEL_SHA256","value":"[0-9a-f]{64}"/);
});

test("leaves a model that is being deleted alone", async ({ server, start }) => {
  const operator = await start();
  const model = applied(server);
  await until(() => model.isReady() && model.read().status?.serving?.sha256 !== undefined);
  const { metadata, ...rest } = model.read();
  const deletionTimestamp = "2026-10-01T12:00:00Z";
  server.objects.put(kinds.modelDeployment, {
    ...rest,
    metadata: { ...metadata, deletionTimestamp },
  });
  const before = server.requests.length;
  server.objects.remove(kinds.service, service);
  server.objects.remove(kinds.modelDeployment, service);
  await until(() => operator.controller.models().length === 0);
  const writes = server.requests.slice(before).filter(isWrite);
  assert.equal(
    writes.filter(({ kind }) => kind !== kinds.event),
    [],
  );
});

test("works in the namespaces it is told, and in no other", async ({ server, start }) => {
  await start({ namespaces: ["other", "demo"] });
  const model = applied(server);
  await until(model.isReady);
  assert.ok(server.requests.every(({ namespace }) => namespace !== undefined));
});

/** An API that makes a number of writes and then none any more. */
function mortal(api: Api, writes: number): Api {
  let left = writes;
  const check = () => {
    left -= 1;
    if (left < 0) throw new Error("The operator was killed");
  };
  return {
    read: (kind, namespace, name) => api.read(kind, namespace, name),
    list: (kind, options) => api.list(kind, options),
    watch: (kind, options) => api.watch(kind, options),
    create: (kind, object) => api.create(kind, object),
    replace: (kind, object) => api.replace(kind, object),
    close: () => api.close(),
    async apply(kind, object, options) {
      if (kind !== kinds.event) check();
      return api.apply(kind, object, options);
    },
    async merge(kind, patch) {
      check();
      return api.merge(kind, patch);
    },
    async remove(...args) {
      check();
      return api.remove(...args);
    },
  };
}

/** The operator has been killed, and no pass of it can do anything any more. */
function isOver({ passes }: Operator): boolean {
  return (passes["error"] ?? 0) > 0;
}

/** At each change from now on: how many ready pods the Service selects. */
function watchTraffic(server: FakeApi): number[] {
  const counts: number[] = [];
  server.objects.listen(() => {
    const revision = selected(server);
    const ready = server.objects.list(kinds.pod, "demo").filter(({ metadata, status }) => {
      const { conditions } = status as { conditions?: { status: string }[] };
      const isSelected = metadata.labels?.["intendant.dev/revision"] === revision;
      return isSelected && conditions?.[0]?.status === "True";
    });
    counts.push(ready.length);
  });
  return counts;
}

test.run();
