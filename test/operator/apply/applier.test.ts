import type { V1ServiceSpec } from "@kubernetes/client-node";
import { pino } from "pino";
import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { Applier } from "../../../operator/src/apply/applier.ts";
import { BenchmarkSlots } from "../../../operator/src/apply/benchmark-slots.ts";
import { OwnWrites } from "../../../operator/src/apply/own-writes.ts";
import { Stalled, Waiting } from "../../../operator/src/diagnosis/errors.ts";
import type { JobAction } from "../../../operator/src/enrichment/enrichment.ts";
import { ApiClient, type Api } from "../../../operator/src/kube/api.ts";
import { ApiError, isConflict } from "../../../operator/src/kube/errors.ts";
import type { Job } from "../../../operator/src/kube/objects.ts";
import { kinds, type KubeObject } from "../../../operator/src/kube/resource.ts";
import { Caches } from "../../../operator/src/observe/caches.ts";
import { plan, type Plan } from "../../../operator/src/plan/plan.ts";
import { benchmarkJob } from "../../../operator/src/resources/benchmark-job.ts";
import {
  changedJob,
  enrichmentJob,
  origin,
} from "../../../operator/src/resources/enrichment-job.ts";
import { ingress } from "../../../operator/src/resources/ingress.ts";
import { service } from "../../../operator/src/resources/service.ts";
import { until } from "../../../tools/support/until.ts";
import { FakeApi } from "../../support/fake-api.ts";
import { suite } from "../../support/suite.ts";
import {
  capture,
  enrichment,
  images,
  installation,
  intentFr,
  observed,
  pods,
  run,
} from "../fixtures.ts";

interface World {
  server: FakeApi;
  api: Api;
  caches: Caches;
  ownWrites: OwnWrites;
  slots: BenchmarkSlots;
  applier: Applier;
}

const test = suite<World>("applier");
const log = pino({ level: "silent" });

test.before.each(async (world) => {
  world.server = await FakeApi.start();
  world.api = new ApiClient(world.server.config(), { rate: 1_000 });
  const { api } = world;
  const caches = new Caches({ api, namespaces: [], onChange: () => {}, log });
  world.caches = caches;
  world.ownWrites = new OwnWrites((key) => caches.model(key));
  world.slots = new BenchmarkSlots(() => caches.jobs());
  world.applier = new Applier({
    api,
    has: (model, object) => caches.has(model, object),
    ownWrites: world.ownWrites,
    slots: world.slots,
    recorder: { record: () => {} },
    log,
  });
});

test.after.each(async ({ server, api, caches }) => {
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
const withAction = (action: JobAction): Plan => ({ ...nothing, enrichment: { action } });
const deployments = (server: FakeApi) =>
  server.objects.list(kinds.deployment, "demo").map(({ metadata }) => metadata.name);

const annotated = intentFr({ capture, enrichment });
const enriching = enrichmentJob(annotated, enrichment, { images, sha256: undefined, attempt: 1 });
const jobOn = (server: FakeApi) =>
  server.objects.get(kinds.job, { namespace: "demo", name: "intent-fr-enrichment" }) as
    (Job & KubeObject) | undefined;

test("never removes a revision that gets the traffic, even when the caches say otherwise", async (world) => {
  const { server, applier } = world;
  const model = intentFr();
  const { deployment } = pods(model, "aaaaaaaa");
  const stored = server.objects.put(kinds.deployment, deployment);
  server.objects.put(kinds.service, service(model, "aaaaaaaa"));
  const removal = { ...nothing, remove: [stored] };
  const { error } = await applier.apply(model, removal);
  assert.instance(error, Waiting);
  assert.equal(deployments(server), ["intent-fr-aaaaaaaa"]);

  server.objects.put(kinds.service, service(model, "bbbbbbbb"));
  await applier.apply(model, removal);
  assert.equal(deployments(server), []);
});

test("spares an object that has the name of one to be removed by now", async ({
  server,
  applier,
}) => {
  const model = intentFr();
  const { deployment } = pods(model, "aaaaaaaa");
  const old = { ...deployment, metadata: { ...deployment.metadata, uid: "an older one" } };
  server.objects.put(kinds.deployment, deployment);
  await applier.apply(model, { ...nothing, remove: [old] });
  assert.equal(deployments(server), ["intent-fr-aaaaaaaa"]);
});

test("goes on from its own status although the watch is behind", async (world) => {
  const { server, caches, applier, ownWrites } = world;
  server.failAlways({ verb: "watch", kind: kinds.modelDeployment }, "hang");
  server.objects.put(kinds.modelDeployment, intentFr());
  caches.start();
  await caches.synced;
  const key = "demo/intent-fr";
  await applier.applyStatus(ownWrites.latest(key)!, { replicas: 1 });
  await applier.applyStatus(ownWrites.latest(key)!, { replicas: 2 });
  assert.is(ownWrites.latest(key)?.status?.replicas, 2);
});

test("gives way to what somebody else wrote after its own status", async (world) => {
  const { server, caches, applier, ownWrites } = world;
  server.objects.put(kinds.modelDeployment, intentFr());
  caches.start();
  await caches.synced;
  const key = "demo/intent-fr";
  await applier.applyStatus(ownWrites.latest(key)!, { replicas: 1 });
  const stored = server.objects.get(kinds.modelDeployment, {
    namespace: "demo",
    name: "intent-fr",
  })!;
  server.objects.put(kinds.modelDeployment, { ...stored, spec: { replicas: 5 } } as KubeObject);
  await until(() => ownWrites.latest(key)?.spec.replicas === 5);
});

test("makes, suspends, resumes and removes the Job of workers", async ({ server, applier }) => {
  await applier.apply(annotated, withAction({ kind: "create", job: enriching }));
  const made = jobOn(server)!;
  assert.is(made.spec?.suspend, false);
  for (const suspend of [true, false]) {
    const change = changedJob(made, { suspend, parallelism: 3 });
    await applier.apply(annotated, withAction({ kind: "change", change }));
    assert.is(jobOn(server)?.spec?.suspend, suspend);
    assert.is(jobOn(server)?.spec?.parallelism, 3);
    assert.equal(jobOn(server)?.spec?.template, made.spec?.template);
  }
  await applier.apply(annotated, withAction({ kind: "remove", old: made }));
  assert.is(jobOn(server), undefined);
});

test("puts a Job in the place of another, also when that is another by now", async (world) => {
  const { server, applier } = world;
  await applier.apply(annotated, withAction({ kind: "create", job: enriching }));
  const old = jobOn(server)!;
  const again = enrichmentJob(annotated, enrichment, { images, sha256: undefined, attempt: 2 });
  await applier.apply(annotated, withAction({ kind: "replace", old, job: again }));
  const second = jobOn(server);
  assert.is.not(second?.metadata?.uid, old.metadata?.uid);
  assert.is(origin(second!)?.attempt, 2);
  // The caches may show the old one for a moment.
  await applier.apply(annotated, withAction({ kind: "replace", old, job: again }));
  assert.is(jobOn(server)?.metadata?.uid, second?.metadata?.uid);
});

test("leaves a Job alone that somebody else has made", async ({ server, applier }) => {
  const { ownerReferences: _, ...metadata } = enriching.metadata!;
  server.objects.put(kinds.job, { ...enriching, metadata });
  const outcome = await applier.apply(annotated, withAction({ kind: "create", job: enriching }));
  assert.instance(outcome.enrichmentError, Stalled);
  assert.is(outcome.error, undefined);
  assert.match(
    outcome.enrichmentError!.message,
    /Job intent-fr-enrichment exists and does not belong/,
  );
});

test("makes a new object with one call", async ({ server, applier }) => {
  const model = intentFr();
  await applier.apply(model, { ...nothing, apply: [service(model, "aaaaaaaa")] });
  assert.equal(
    server.requests.map(({ verb }) => verb),
    ["patch"],
  );
});

test("recognises its own object that the caches do not show yet", async ({ server, applier }) => {
  const model = intentFr();
  server.objects.put(kinds.service, service(model, "aaaaaaaa"));
  await applier.apply(model, { ...nothing, apply: [service(model, "bbbbbbbb")] });
  const { spec } = server.objects.get(kinds.service, { namespace: "demo", name: "intent-fr" })!;
  assert.is((spec as V1ServiceSpec).selector?.["intendant.dev/revision"], "bbbbbbbb");
});

test("does not touch an object of somebody else, even where nothing contradicts", async (world) => {
  const { server, applier } = world;
  const model = intentFr();
  const { metadata, spec } = service(model, "aaaaaaaa");
  const { name, namespace, labels } = metadata!;
  for (const foreign of [
    { metadata: { name, namespace }, spec: {} },
    { metadata: { name, namespace, labels }, spec },
  ]) {
    const stored = server.objects.put(kinds.service, foreign);
    const plan = { ...nothing, apply: [service(model, "aaaaaaaa")] };
    const { applied, error } = await applier.apply(model, plan);
    assert.equal(applied, []);
    assert.instance(error, Stalled);
    assert.is(error?.reason, "NameTaken");
    assert.equal(server.objects.get(kinds.service, { name: name!, namespace }), stored);
  }
});

test("does not write the status of a resource that has changed meanwhile", async (world) => {
  const { server, applier } = world;
  const stored = server.objects.put(kinds.modelDeployment, intentFr());
  server.objects.put(kinds.modelDeployment, { ...stored, spec: {} } as KubeObject);
  const seen = stored as unknown as ModelDeployment;
  const failure = await applier.applyStatus(seen, { replicas: 1 }).catch((error: Error) => error);
  assert.ok(isConflict(failure), String(failure));
});

test("says what was done before something was refused", async ({ server, applier }) => {
  const model = intentFr({ expose: { ingress: { host: "iris.example", path: "/" } } });
  server.fail({ verb: "patch", kind: kinds.ingress }, "invalid");
  const accepted = service(model, "aaaaaaaa");
  const refused = ingress(model)!;
  const plan = { ...nothing, apply: [accepted], expose: [refused] };
  const { applied, error } = await applier.apply(model, plan);
  assert.equal(applied, [accepted]);
  assert.instance(error, Stalled);
});

test("gives the slot back of a Job that was not created", async ({ server, slots, applier }) => {
  const model = intentFr();
  const spec = { scenario: "Users", duration: "30s", warmUp: "0s" } as const;
  const job = benchmarkJob(model, spec, run, { images, addresses: [] });
  const other = { ...model, metadata: { ...model.metadata, name: "other" } };
  slots.take(model, job);
  assert.is(slots.others(other), 1);
  server.fail({ verb: "patch", kind: kinds.job }, "internalError");
  const failure = applier.apply(model, { ...nothing, apply: [job] }).catch((error: Error) => error);
  assert.instance(await failure, ApiError);
  assert.is(slots.others(other), 0);
});

test.run();
