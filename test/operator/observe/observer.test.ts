import { pino } from "pino";
import * as assert from "uvu/assert";
import { ApiClient, type Api } from "../../../operator/src/kube/api.ts";
import { kinds } from "../../../operator/src/kube/resource.ts";
import { Caches } from "../../../operator/src/observe/caches.ts";
import { CaptureProbe } from "../../../operator/src/observe/capture-probe.ts";
import { ImagePullProbe } from "../../../operator/src/observe/image-pull-probe.ts";
import { ModelProbe } from "../../../operator/src/observe/model-probe.ts";
import { Observer } from "../../../operator/src/observe/observer.ts";
import { benchmarkJob } from "../../../operator/src/resources/benchmark-job.ts";
import { enrichmentJob } from "../../../operator/src/resources/enrichment-job.ts";
import { until } from "../../../tools/support/until.ts";
import { FakeApi } from "../../support/fake-api.ts";
import { suite } from "../../support/suite.ts";
import {
  capture,
  enrichment,
  finished,
  images,
  intentFr,
  pod,
  pods,
  run,
  worker,
} from "../fixtures.ts";

interface World {
  server: FakeApi;
  api: Api;
  caches: Caches;
  observer: Observer;
}

const test = suite<World>("observer");
const log = pino({ level: "silent" });

test.before.each(async (world) => {
  world.server = await FakeApi.start();
  world.api = new ApiClient(world.server.config(), { rate: 1_000 });
  world.caches = new Caches({ api: world.api, namespaces: [], onChange: () => {}, log });
  const [api, onChange] = [world.api, () => {}];
  const nothing = async () => undefined;
  const introspection = { capture: nothing, traffic: nothing, model: nothing, unready: nothing };
  world.observer = new Observer({
    api,
    caches: world.caches,
    modelProbe: new ModelProbe({ introspection, onChange }),
    imagePullProbe: new ImagePullProbe({ api, onChange, log }),
    captureProbe: new CaptureProbe({ introspection, isPending: () => false, onChange }),
  });
});

test.after.each(async ({ server, api, caches, observer }) => {
  observer.stop();
  await caches.stop();
  await api.close();
  await server.close();
});

const annotated = intentFr({ capture, enrichment });
const enriching = enrichmentJob(annotated, enrichment, { images, sha256: undefined, attempt: 1 });

test("tells the Job of workers from those of benchmarks", async (world) => {
  const { server, caches, observer } = world;
  server.objects.put(kinds.job, enriching);
  server.objects.put(kinds.pod, worker(annotated, "a-worker"));
  caches.start();
  await caches.synced;
  const seen = await observer.observe(annotated);
  assert.equal(seen.jobs, []);
  assert.is(seen.enrichmentJob?.metadata?.name, "intent-fr-enrichment");
  assert.is(seen.pods.length, 1);
  assert.equal(seen.annotator, { sha256: enrichment.model.sha256 });
});

test("looks for the annotating model where the spec says, and only then", async (world) => {
  const { server, caches, observer } = world;
  caches.start();
  await caches.synced;
  const model = { configMap: { name: "own", key: "model.onnx" } };
  const spec = { capture, enrichment: { ...enrichment, model } };
  const { annotator } = await observer.observe(intentFr(spec));
  assert.is(annotator?.problem?.reason, "ModelNotFound");
  assert.is((await observer.observe(intentFr({ capture }))).annotator, undefined);
  const reads = server.requests.filter(({ kind }) => kind === kinds.configMap);
  assert.is(reads.length, 1);
});

test("sees only the children of this very model", async ({ server, caches, observer }) => {
  const model = intentFr();
  const earlier = { ...model, metadata: { ...model.metadata, uid: "an earlier one" } };
  server.objects.put(kinds.deployment, pods(model, "aaaaaaaa").deployment);
  server.objects.put(kinds.deployment, pods(earlier, "bbbbbbbb").deployment);
  caches.start();
  await caches.synced;
  const { deployments } = await observer.observe(model);
  assert.equal(
    deployments.map(({ metadata }) => metadata?.name),
    ["intent-fr-aaaaaaaa"],
  );
});

test("keeps little of a pod", async ({ server, caches, observer }) => {
  const model = intentFr();
  const spec = { containers: [{ name: "server" }], nodeName: "node-1" };
  const whole = { ...pod(model, "aaaaaaaa"), spec };
  server.objects.put(kinds.pod, whole);
  caches.start();
  await caches.synced;
  const [kept] = (await observer.observe(model)).pods;
  assert.equal(kept?.spec, { containers: [], nodeName: "node-1" });
  assert.is(kept?.status?.podIP, "10.0.0.1");
});

test("finds the result of a benchmark although the watch of pods is behind", async (world) => {
  const { server, caches, observer } = world;
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
  assert.is((await observer.observe(model)).pods.length, 1);
});

test.run();
