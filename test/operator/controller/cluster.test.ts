import type { V1ServiceSpec } from "@kubernetes/client-node";
import { pino } from "pino";
import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { createCaches, type Caches } from "../../../operator/src/observe/caches.ts";
import { createCluster, type Cluster } from "../../../operator/src/apply/applier.ts";
import { Stalled, Waiting } from "../../../operator/src/diagnosis/errors.ts";
import { createApi, type Api } from "../../../operator/src/kube/api.ts";
import { isConflict } from "../../../operator/src/kube/errors.ts";
import { kinds, type KubeObject } from "../../../operator/src/kube/resource.ts";
import type { Job } from "../../../operator/src/kube/objects.ts";
import { plan, type Plan } from "../../../operator/src/plan/plan.ts";
import { benchmarkJob } from "../../../operator/src/resources/benchmark-job.ts";
import {
  changedJob,
  enrichmentJob,
  origin,
} from "../../../operator/src/resources/enrichment-job.ts";
import { service } from "../../../operator/src/resources/service.ts";
import { createPolling, type Polling } from "../../../operator/src/observe/polling.ts";
import { createPulls } from "../../../operator/src/observe/image-pulls.ts";
import { createServers } from "../../../operator/src/observe/descriptions.ts";
import { FakeApi } from "../../support/fake-api.ts";
import { suite } from "../../support/suite.ts";
import { until } from "../../../tools/support/until.ts";
import {
  capture,
  enrichment,
  finished,
  images,
  installation,
  intentFr,
  observed,
  pod,
  pods,
  run,
  worker,
} from "../fixtures.ts";

interface World {
  server: FakeApi;
  api: Api;
  caches: Caches;
  cluster: Cluster;
  polling: Polling;
}

const test = suite<World>("cluster");
const log = pino({ level: "silent" });

test.before.each(async (world) => {
  world.server = await FakeApi.start();
  world.api = createApi(world.server.config(), { rate: 1_000 });
  world.caches = createCaches({ api: world.api, namespaces: [], onChange: () => {}, log });
  world.polling = createPolling({
    introspection: { capture: async () => undefined, traffic: async () => undefined },
    onChange: () => {},
  });
  world.cluster = createCluster({
    api: world.api,
    caches: world.caches,
    servers: createServers({
      introspection: { model: async () => undefined, unready: async () => undefined },
      onChange: () => {},
    }),
    pulls: createPulls({ api: world.api, onChange: () => {}, log }),
    polling: world.polling,
    recorder: { record: () => {}, drain: async () => {} },
    log,
    installation,
  });
});

test.after.each(async ({ server, api, caches, polling }) => {
  polling.stop();
  await caches.stop();
  await api.close();
  await server.close();
});

const nothing: Plan = {
  ...plan(intentFr(), observed(), { ...installation, now: new Date() }),
  apply: [],
  scale: [],
  remove: [],
  expose: [],
};
const deployments = (server: FakeApi) =>
  server.objects.list(kinds.deployment, "demo").map(({ metadata }) => metadata.name);

test("never removes a revision that gets the traffic, even when the caches say otherwise", async (world) => {
  const { server, cluster } = world;
  const model = intentFr();
  const { deployment } = pods(model, "aaaaaaaa");
  const stored = server.objects.put(kinds.deployment, deployment);
  server.objects.put(kinds.service, service(model, "aaaaaaaa"));
  const removal = { ...nothing, remove: [stored] };
  const failure = await cluster.apply(model, removal).catch((error: Error) => error);
  assert.instance(failure, Waiting);
  assert.equal(deployments(server), ["intent-fr-aaaaaaaa"]);

  server.objects.put(kinds.service, service(model, "bbbbbbbb"));
  await cluster.apply(model, removal);
  assert.equal(deployments(server), []);
});

test("spares an object that has the name of one to be removed by now", async ({
  server,
  cluster,
}) => {
  const model = intentFr();
  const { deployment } = pods(model, "aaaaaaaa");
  const old = { ...deployment, metadata: { ...deployment.metadata, uid: "an older one" } };
  server.objects.put(kinds.deployment, deployment);
  await cluster.apply(model, { ...nothing, remove: [old] });
  assert.equal(deployments(server), ["intent-fr-aaaaaaaa"]);
});

test("goes on from its own status although the watch is behind", async (world) => {
  const { server, caches, cluster } = world;
  server.failAlways({ verb: "watch", kind: kinds.modelDeployment }, "hang");
  server.objects.put(kinds.modelDeployment, intentFr());
  caches.start();
  await caches.synced;
  const key = "demo/intent-fr";
  await cluster.applyStatus(cluster.model(key)!, { replicas: 1 });
  await cluster.applyStatus(cluster.model(key)!, { replicas: 2 });
  assert.is(cluster.model(key)?.status?.replicas, 2);
});

test("gives way to what somebody else wrote after its own status", async (world) => {
  const { server, caches, cluster } = world;
  server.objects.put(kinds.modelDeployment, intentFr());
  caches.start();
  await caches.synced;
  const key = "demo/intent-fr";
  await cluster.applyStatus(cluster.model(key)!, { replicas: 1 });
  const stored = server.objects.get(kinds.modelDeployment, {
    namespace: "demo",
    name: "intent-fr",
  })!;
  server.objects.put(kinds.modelDeployment, { ...stored, spec: { replicas: 5 } } as KubeObject);
  await until(() => cluster.model(key)?.spec.replicas === 5);
});

const annotated = intentFr({ capture, enrichment });
const enriching = enrichmentJob(annotated, enrichment, { images, sha256: undefined, attempt: 1 });
const jobOn = (server: FakeApi) =>
  server.objects.get(kinds.job, { namespace: "demo", name: "intent-fr-enrichment" }) as
    (Job & KubeObject) | undefined;

test("makes, suspends, resumes and removes the Job of workers", async ({ server, cluster }) => {
  await cluster.enrich(annotated, { kind: "create", job: enriching });
  const made = jobOn(server)!;
  assert.is(made.spec?.suspend, false);
  for (const suspend of [true, false]) {
    const change = changedJob(made, { suspend, parallelism: 3 });
    await cluster.enrich(annotated, { kind: "change", change });
    assert.is(jobOn(server)?.spec?.suspend, suspend);
    assert.is(jobOn(server)?.spec?.parallelism, 3);
    assert.equal(jobOn(server)?.spec?.template, made.spec?.template);
  }
  await cluster.enrich(annotated, { kind: "remove", old: made });
  assert.is(jobOn(server), undefined);
});

test("puts a Job in the place of another, also when that is another by now", async (world) => {
  const { server, cluster } = world;
  await cluster.enrich(annotated, { kind: "create", job: enriching });
  const old = jobOn(server)!;
  const again = enrichmentJob(annotated, enrichment, { images, sha256: undefined, attempt: 2 });
  await cluster.enrich(annotated, { kind: "replace", old, job: again });
  const second = jobOn(server);
  assert.is.not(second?.metadata?.uid, old.metadata?.uid);
  assert.is(origin(second!)?.attempt, 2);
  // The caches may show the old one for a moment.
  await cluster.enrich(annotated, { kind: "replace", old, job: again });
  assert.is(jobOn(server)?.metadata?.uid, second?.metadata?.uid);
});

test("leaves a Job alone that somebody else has made", async ({ server, cluster }) => {
  const { ownerReferences: _, ...metadata } = enriching.metadata!;
  server.objects.put(kinds.job, { ...enriching, metadata });
  const action = { kind: "create", job: enriching } as const;
  const failure = await cluster.enrich(annotated, action).catch((error: Error) => error);
  assert.instance(failure, Stalled);
  assert.match((failure as Stalled).message, /Job intent-fr-enrichment exists and does not belong/);
});

test("tells the Job of workers from those of benchmarks", async (world) => {
  const { server, caches, cluster } = world;
  server.objects.put(kinds.job, enriching);
  server.objects.put(kinds.pod, worker(annotated, "a-worker"));
  caches.start();
  await caches.synced;
  const seen = await cluster.observe(annotated);
  assert.equal(seen.jobs, []);
  assert.is(seen.enrichmentJob?.metadata?.name, "intent-fr-enrichment");
  assert.is(seen.pods.length, 1);
  assert.equal(seen.annotator, { sha256: enrichment.model.sha256 });
});

test("looks for the annotating model where the spec says, and only then", async (world) => {
  const { server, caches, cluster } = world;
  caches.start();
  await caches.synced;
  const model = { configMap: { name: "own", key: "model.onnx" } };
  const spec = { capture, enrichment: { ...enrichment, model } };
  const { annotator } = await cluster.observe(intentFr(spec));
  assert.is(annotator?.problem?.reason, "ModelNotFound");
  assert.is((await cluster.observe(intentFr({ capture }))).annotator, undefined);
  const reads = server.requests.filter(({ kind }) => kind === kinds.configMap);
  assert.is(reads.length, 1);
});

test("makes a new object with one call", async ({ server, cluster }) => {
  const model = intentFr();
  await cluster.apply(model, { ...nothing, apply: [service(model, "aaaaaaaa")] });
  assert.equal(
    server.requests.map(({ verb }) => verb),
    ["patch"],
  );
});

test("recognises its own object that the caches do not show yet", async ({ server, cluster }) => {
  const model = intentFr();
  server.objects.put(kinds.service, service(model, "aaaaaaaa"));
  await cluster.apply(model, { ...nothing, apply: [service(model, "bbbbbbbb")] });
  const { spec } = server.objects.get(kinds.service, { namespace: "demo", name: "intent-fr" })!;
  assert.is((spec as V1ServiceSpec).selector?.["intendant.dev/revision"], "bbbbbbbb");
});

test("does not touch an object of somebody else, even where nothing contradicts", async (world) => {
  const { server, cluster } = world;
  const model = intentFr();
  const { metadata, spec } = service(model, "aaaaaaaa");
  const { name, namespace, labels } = metadata!;
  for (const foreign of [
    { metadata: { name, namespace }, spec: {} },
    { metadata: { name, namespace, labels }, spec },
  ]) {
    const stored = server.objects.put(kinds.service, foreign);
    const applied = cluster.apply(model, { ...nothing, apply: [service(model, "aaaaaaaa")] });
    const failure = await applied.catch((error: Error) => error);
    assert.instance(failure, Stalled);
    assert.is((failure as Stalled).reason, "NameTaken");
    assert.equal(server.objects.get(kinds.service, { name: name!, namespace }), stored);
  }
});

test("does not write the status of a resource that has changed meanwhile", async (world) => {
  const { server, cluster } = world;
  const stored = server.objects.put(kinds.modelDeployment, intentFr());
  server.objects.put(kinds.modelDeployment, { ...stored, spec: {} } as KubeObject);
  const seen = stored as unknown as ModelDeployment;
  const failure = await cluster.applyStatus(seen, { replicas: 1 }).catch((error: Error) => error);
  assert.ok(isConflict(failure), String(failure));
});

test("sees only the children of this very model", async ({ server, caches, cluster }) => {
  const model = intentFr();
  const earlier = { ...model, metadata: { ...model.metadata, uid: "an earlier one" } };
  server.objects.put(kinds.deployment, pods(model, "aaaaaaaa").deployment);
  server.objects.put(kinds.deployment, pods(earlier, "bbbbbbbb").deployment);
  caches.start();
  await caches.synced;
  const { deployments } = await cluster.observe(model);
  assert.equal(
    deployments.map(({ metadata }) => metadata?.name),
    ["intent-fr-aaaaaaaa"],
  );
});

test("keeps little of a pod", async ({ server, caches, cluster }) => {
  const model = intentFr();
  const spec = { containers: [{ name: "server" }], nodeName: "node-1" };
  const whole = { ...pod(model, "aaaaaaaa"), spec };
  server.objects.put(kinds.pod, whole);
  caches.start();
  await caches.synced;
  const [kept] = (await cluster.observe(model)).pods;
  assert.equal(kept?.spec, { containers: [], nodeName: "node-1" });
  assert.is(kept?.status?.podIP, "10.0.0.1");
});

test("finds the result of a benchmark although the watch of pods is behind", async (world) => {
  const { server, caches, cluster } = world;
  server.failAlways({ verb: "watch", kind: kinds.pod }, "hang");
  caches.start();
  await caches.synced;
  const model = intentFr();
  const spec = { scenario: "Users", duration: "30s", warmUp: "0s" } as const;
  const { job, pod } = finished(benchmarkJob(model, spec, run, { images, addresses: [] }), {
    message: "{}",
  });
  const { uid } = server.objects.put(kinds.job, job).metadata;
  pod.metadata!.ownerReferences![0]!.uid = uid!;
  server.objects.put(kinds.pod, pod);
  await until(() => caches.childrenOf(model).jobs.length === 1);
  assert.equal(caches.childrenOf(model).pods, []);
  assert.is((await cluster.observe(model)).pods.length, 1);
});

test.run();
