import * as assert from "uvu/assert";
import type { HistoryEntry } from "../../../operator/src/api/model-deployment.ts";
import { Waiting } from "../../../operator/src/diagnosis/errors.ts";
import { suite } from "../../support/suite.ts";
import { autoscaling as twoToFive, larger, measurement } from "../fixtures.ts";
import { isIdle, restart, World } from "../world.ts";

const test = suite("gate");

const rollout = { gate: "SLO", deadline: "5m", historyLimit: 1 } as const;
const gated = {
  rollout,
  slo: { p95: "120ms", errorRate: "0.1%" },
  benchmark: { scenario: "Users", duration: "30s", warmUp: "0s" },
} as const;
const slow = {
  message: JSON.stringify({ ...measurement, latency: { p50: 90, p95: 180, p99: 250 } }),
};
const running = (world: World) =>
  world.observed.jobs.filter(({ status }) => !status).map(({ metadata }) => metadata?.name);
const jobs = (world: World) => world.observed.jobs.map(({ metadata }) => metadata?.name);

/** The first revision serves and was measured, and a second one is ready beside it. */
function beside(spec: Partial<World["model"]["spec"]> = {}) {
  const world = new World({ ...gated, ...spec });
  world.settle();
  world.k6();
  world.settle();
  const first = world.selected!;
  world.edit(larger);
  world.settle();
  const [second = ""] = Object.keys(world.revisions).filter((revision) => revision !== first);
  return { world, first, second };
}

/** The second revision was measured and is too slow. */
function refused(spec: Partial<World["model"]["spec"]> = {}) {
  const parts = beside(spec);
  parts.world.k6(slow);
  return { ...parts, told: parts.world.pass().events };
}

test("does not keep the first revision from serving", () => {
  const world = new World(gated);
  world.settle();
  assert.is(world.condition("Ready").reason, "Serving");
});

test("has the candidate measured through the preview Service before it gets any traffic", () => {
  const { world, first, second } = beside();
  assert.is(world.selected, first);
  const job = world.observed.jobs.find(({ status }) => status === undefined);
  const [plan] = job!.spec!.template.spec!.containers[0]!.env!;
  assert.is(JSON.parse(plan!.value!).url, "http://intent-fr-preview.demo.svc");
  assert.is(world.observed.preview?.spec?.selector?.["intendant.dev/revision"], second);
  const { reason, message } = world.condition("Reconciling");
  assert.is(reason, "Measuring");
  assert.match(message, `revision ${second} is being measured`);
  assert.is(world.condition("Benchmarked").reason, "Measured", "the serving one still is");
});

test("lets a candidate pass that keeps the SLO, and takes its figures over", () => {
  const { world, second } = beside();
  world.k6();
  const { status, events } = world.pass();
  assert.is(world.selected, second);
  assert.equal([status.benchmark?.revision, status.benchmark?.p95], [second, "3.1ms"]);
  assert.equal(events, ["Promoted", "Measured"]);
  world.settle();
  assert.is(world.condition("WithinSLO").status, "True");
  assert.is(jobs(world).length, 2, "it is not measured again");
  assert.equal(Object.keys(world.revisions), [second]);
});

test("refuses a candidate that misses the SLO, with the figures, and takes it away", () => {
  const { world, first, second, told } = refused();
  const { reason, message } = world.condition("Stalled");
  assert.is(reason, "SLOMissed");
  assert.match(message, "P95 180ms is above 120ms");
  assert.match(message, `revision ${first} continues to serve`);
  assert.equal(told, ["SLOMissed"]);
  assert.is(world.model.status?.candidate?.refusal?.reason, "SLOMissed");
  assert.equal(world.revisions, { [first]: 1, [second]: 1 }, "it is written down first");
  world.settle();
  assert.equal([world.revisions, world.retired], [{ [first]: 1 }, [second]]);
  assert.equal([world.selected, world.observed.preview], [first, undefined]);
  assert.is(world.condition("Ready").status, "True");
  assert.is(world.model.status?.benchmark?.revision, first);
});

test("keeps to a refusal, however often it is looked at", () => {
  const { world, first } = refused();
  world.settle();
  world.now = new Date("2026-10-09T00:00:00Z");
  assert.ok(isIdle(world.settle().plan));
  assert.is(world.selected, first);
  assert.is(jobs(world).length, 2, "the log of each measurement is kept");
});

for (const [title, change] of [
  ["the spec changes", (world: World) => world.edit({ slo: { p95: "200ms" } })],
  [
    "somebody asks for it",
    ({ model }: World) => (model.metadata.annotations = { "intendant.dev/retry": "1" }),
  ],
] as const) {
  test(`begins a new attempt, with a measurement of its own, when ${title}`, () => {
    const { world, second } = refused();
    world.settle();
    const before = jobs(world).length;
    world.now = new Date("2026-10-01T14:00:00Z");
    change(world);
    world.settle();
    assert.is(world.revisions[second], 1);
    assert.is(world.model.status?.candidate?.since, "2026-10-01T14:00:00Z");
    assert.is(jobs(world).length, before + 1);
    world.k6();
    world.settle();
    assert.is(world.selected, second);
  });
}

test("refuses a candidate whose measurement is not valid", () => {
  const { world, first } = beside();
  world.k6({ exitCode: 137, reason: "OOMKilled" });
  world.settle();
  assert.is(world.condition("Stalled").reason, "GeneratorKilled");
  assert.is(world.selected, first);
});

test("refuses a candidate that does not become ready in time, with the pods' reason", () => {
  const { world, first, second } = beside();
  world.edit({ resources: { requests: { cpu: "250m", memory: "3Gi" } } });
  world.pass();
  const third = Object.keys(world.revisions).find((one) => one !== first && one !== second)!;
  world.settle(() => world.kubelet([third]));
  world.now = new Date("2026-10-01T12:04:59Z");
  world.pass();
  assert.is(world.condition("Stalled").status, "False");
  world.now = new Date("2026-10-01T12:05:00Z");
  world.pass();
  assert.is(world.condition("Stalled").reason, "ProgressDeadlineExceeded");
  assert.match(world.condition("Stalled").message, "not ready within 5m");
  world.settle(() => world.kubelet([third]));
  assert.equal(world.revisions, { [first]: 1 });
});

test("is not shut by a pod that fails for a moment while it is measured", () => {
  const { world, second } = beside();
  world.now = new Date("2026-10-01T13:00:00Z");
  world.kubelet([second]);
  world.pass();
  assert.is(world.condition("Stalled").status, "False");
});

test("forgets a refusal when the spec asks for the serving revision again", () => {
  const { world, first } = refused();
  world.edit({ resources: { requests: { cpu: "250m", memory: "1Gi" } } });
  world.settle();
  assert.is(world.model.status?.candidate, undefined);
  assert.is(world.condition("Stalled").status, "False");
  assert.is(world.condition("Ready").observedGeneration, 3);
  assert.is(world.selected, first);
});

test("begins a new attempt after a pause", () => {
  const { world, first } = beside();
  world.edit({ paused: true });
  world.settle();
  world.now = new Date("2026-10-01T15:00:00Z");
  world.edit({ paused: false });
  world.pass();
  assert.is(world.condition("Stalled").status, "False");
  assert.is(world.model.status?.candidate?.since, "2026-10-01T15:00:00Z");
  assert.is(world.selected, first);
});

test("remembers what was measured of a candidate, whatever became of it", () => {
  const { world, first, second } = refused();
  const line = ({ revision, trigger, outcome }: HistoryEntry) =>
    `${revision} ${trigger} ${outcome}`;
  assert.equal(world.model.status?.history?.map(line), [
    `${second} Gate Valid`,
    `${first} Change Valid`,
  ]);
  assert.is(world.model.status?.benchmark?.revision, first, "what serves keeps its figures");
});

test("waits while another model is being measured", () => {
  const world = new World(gated);
  world.settle();
  world.k6();
  world.settle();
  world.observed.othersMeasured = 1;
  world.edit(larger);
  world.settle();
  assert.is(world.condition("Reconciling").reason, "Queued");
  assert.equal(running(world), []);
  world.observed.othersMeasured = 0;
  world.settle();
  assert.is(world.condition("Reconciling").reason, "Measuring");
});

test("waits while the serving revision is being measured", () => {
  const world = new World(gated);
  world.settle();
  const [serving] = running(world);
  world.edit(larger);
  world.settle();
  assert.equal(running(world), [serving]);
  assert.is(world.condition("Reconciling").reason, "Queued");
  world.k6();
  world.settle();
  assert.is(running(world).length, 1);
  assert.is(world.condition("Reconciling").reason, "Measuring");
});

const autoscaling = { ...twoToFive, minReplicas: 1 } as const;

test("keeps the number of pods while it measures them, and lets no too few take over", () => {
  const { world, first, second } = beside({ autoscaling });
  const serving = world.observed.deployments.find((one) => one.metadata?.name?.endsWith(first))!;
  serving.spec!.replicas = 3;
  world.settle();
  assert.equal(world.revisions, { [first]: 3, [second]: 1 });
  world.k6();
  world.pass();
  assert.is(world.selected, first, "one pod is no match for three");
  world.pass();
  assert.equal(world.revisions, { [first]: 3, [second]: 3 });
  world.settle();
  assert.is(world.selected, second);
  assert.is(world.model.status?.benchmark?.replicas, 1);
});

test("refuses a candidate of which a pod restarted while it was measured", () => {
  const { world, second } = beside();
  restart(world, second);
  world.pass();
  assert.is(world.condition("Stalled").reason, "PodRestarted");
});

test("that opened in vain, because the traffic could not be moved, shows no figures of it", () => {
  const { world, first, second } = beside();
  world.k6();
  const { status } = world.pass(new Waiting("the API server is busy"));
  assert.is(status.benchmark?.revision, first);
  assert.is(status.serving?.revision, first);
  const later = world.pass();
  assert.equal([world.selected, later.status.benchmark?.revision], [second, second]);
  assert.is(later.status.history?.filter(({ trigger }) => trigger === "Gate").length, 1);
});

test("has nothing to measure where there are no pods", () => {
  const world = new World({ ...gated, replicas: 0 });
  world.settle();
  const first = world.selected;
  world.edit(larger);
  world.settle();
  assert.is.not(world.selected, first);
  assert.equal(jobs(world), []);
});

test.run();
