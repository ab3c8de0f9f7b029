import * as assert from "uvu/assert";
import type { BenchmarkSpec } from "../../../operator/src/api/model-deployment.ts";
import type { ConditionType } from "../../../operator/src/api/reasons.ts";
import type { CaptureReport } from "../../../operator/src/state/capture-report.ts";
import { Stalled } from "../../../operator/src/diagnosis/errors.ts";
import { isWorker } from "../../../operator/src/state/observed.ts";
import type { Traffic } from "../../../operator/src/state/traffic.ts";
import { capture, enrichment, worker } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";
import { World } from "../world.ts";

const test = suite("enriching");

const users: BenchmarkSpec = { scenario: "Users", duration: "30s", warmUp: "0s" };
const gated = {
  slo: { p95: "10ms" },
  rollout: { gate: "SLO", deadline: "5m", historyLimit: 1 },
} as const;
const quiet: Traffic = { state: "Quiet", milliseconds: 300_000 };
const sha256 = enrichment.model.sha256!;

const report = (pending: number): CaptureReport => ({
  state: "Connected",
  captured: 9000,
  sentences: 8000,
  dropped: 0,
  annotators: [{ sha256, enriched: 8000 - pending, pending, rate: 5200 }],
});

/** A world whose servers and traffic are as given. */
function captured(spec: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World({ capture, enrichment, ...spec });
  world.observed = { ...world.observed, annotator: { sha256 } };
  return world;
}

/** What polling finds out. */
function learn(world: World, pending = 6000, traffic: Traffic = quiet): void {
  world.observed = { ...world.observed, capture: report(pending), traffic };
}

/** A world in which workers label. */
function labelling(spec: ConstructorParameters<typeof World>[0] = {}): World {
  const world = captured(spec);
  world.settle();
  learn(world);
  world.settle();
  return world;
}

const says = (world: World, type: ConditionType = "Enriching") => {
  const { status, reason } = world.condition(type);
  return `${status} ${reason}`;
};
const workers = ({ observed }: World) => observed.pods.filter(isWorker).length;
const measurements = ({ observed }: World) => observed.jobs.filter(({ status }) => !status).length;

test("begins when sentences are pending and little is asked, and costs nothing afterwards", () => {
  const world = captured();
  world.settle();
  assert.is(says(world), "Unknown NoAnswer");
  learn(world);
  world.settle();
  assert.is(says(world), "True Running");
  assert.is(says(world, "Capturing"), "True Connected");
  const { capture, enrichment } = world.model.status!;
  assert.equal(capture, { captured: 9000, sentences: 8000, dropped: 0 });
  assert.equal(enrichment, {
    annotator: sha256,
    enriched: 2000,
    pending: 6000,
    rate: "5200/s",
    workers: 2,
  });
  const before = world.model.status;
  world.wait(3600);
  assert.equal(world.pass().status, before);
});

test("gives way to traffic, and goes on afterwards", () => {
  const world = labelling();
  learn(world, 5000, { state: "Busy" });
  assert.equal(world.settle().events, []);
  assert.is(says(world), "False Busy");
  assert.is(workers(world), 0);
  learn(world, 5000, { state: "Quiet", milliseconds: 0 });
  world.settle();
  assert.is(says(world), "False QuietTime");
  assert.is(workers(world), 0);
  learn(world, 5000);
  world.settle();
  assert.is(says(world), "True Running");
  assert.is(workers(world), 2);
});

test("tells of each turn once", () => {
  const world = captured();
  world.settle();
  learn(world);
  assert.equal(world.pass().events, ["Connected", "Starting"]);
  assert.equal(world.pass().events, ["Running"]);
  learn(world, 5000, { state: "Busy" });
  assert.equal(world.pass().events, ["Busy"]);
  assert.equal(world.pass().events, []);
});

test("waits for a measurement, and that waits until its workers are gone", () => {
  const world = labelling();
  world.edit({ benchmark: users });
  const { plan } = world.pass();
  assert.equal(plan.enrichment.action.kind, "change");
  assert.is(measurements(world), 0, "its workers would be measured too");
  assert.is(says(world), "False Measuring");
  assert.is(says(world, "Benchmarked"), "False Waiting");

  world.pass();
  assert.is(measurements(world), 1);
  assert.is(says(world), "False Measuring");
});

test("does not begin a measurement while a worker is about to end", () => {
  const world = captured({ benchmark: users });
  world.kubelet();
  world.pass();
  world.kubelet();
  const leaving = worker(world.model, "leaving");
  world.observed = { ...world.observed, pods: [...world.observed.pods, leaving] };
  world.pass();
  assert.is(measurements(world), 0);
  world.settle();
  assert.is(measurements(world), 1);
});

test("goes on when the measurement is over, after another quiet time", () => {
  const world = labelling();
  world.edit({ benchmark: users });
  world.settle();
  assert.is(measurements(world), 1);
  assert.is(says(world), "False Measuring");
  world.k6();
  learn(world, 5000, { state: "Busy" });
  world.settle();
  assert.is(says(world), "False Busy");
  learn(world, 5000);
  world.settle();
  assert.is(says(world), "True Running");
});

test("waits while a candidate is measured before it gets the traffic", () => {
  const world = captured({ benchmark: users, ...gated });
  world.settle();
  world.k6();
  learn(world);
  world.settle();
  assert.is(says(world), "True Running");
  world.edit({ resources: { requests: { cpu: "250m", memory: "2Gi" } } });
  world.settle();
  assert.is(says(world, "Reconciling"), "True Measuring");
  assert.is(says(world), "False Measuring");
  assert.is(workers(world), 0);
});

test("stays as it is while the model is paused", () => {
  const world = labelling();
  world.edit({ paused: true });
  learn(world, 5000, { state: "Busy" });
  world.settle();
  assert.is(says(world), "False Paused");
  assert.is(workers(world), 2);
});

test("has a Job that is removed with the spec that asked for it", () => {
  const world = labelling();
  const { enrichment: _, ...spec } = world.model.spec;
  world.model = { ...world.model, spec };
  world.settle();
  assert.is(world.observed.enrichmentJob, undefined);
  assert.is(world.model.status?.enrichment, undefined);
  assert.not(world.model.status?.conditions?.some(({ type }) => type === "Enriching"));
});

test("is another thing than being Ready", () => {
  const world = labelling();
  const capture: CaptureReport = { ...report(0), state: "SecretMissing" };
  world.observed = { ...world.observed, capture, annotator: { problem: missing } };
  const { status } = world.settle();
  assert.is(says(world, "Capturing"), "False SecretMissing");
  assert.is(says(world, "Ready"), "True Serving");
  assert.is(says(world, "Stalled"), "False NoProblem");
  assert.is(says(world, "Reconciling"), "False Settled");
  assert.is(status.enrichment?.workers, 2);
});

const missing = { reason: "ModelNotFound", message: "ConfigMap own does not exist" };

test("warns of trouble", () => {
  const world = captured();
  world.settle();
  learn(world);
  const capture: CaptureReport = { ...report(0), state: "DatabaseUnreachable" };
  world.observed = { ...world.observed, capture, annotator: { problem: missing } };
  assert.equal(world.pass().events, ["DatabaseUnreachable", "ModelNotFound"]);
});

test("keeps what it said while nothing is known, as after a restart of the operator", () => {
  const world = labelling();
  learn(world, 6000, { state: "Busy" });
  world.settle();
  const before = world.model.status;
  const { traffic: _traffic, capture: _capture, ...unknown } = world.observed;
  world.observed = unknown;
  const { status, plan } = world.pass();
  assert.equal(JSON.parse(JSON.stringify(status.conditions)), before?.conditions);
  assert.equal(status.capture, before?.capture);
  assert.equal(status.enrichment?.pending, before?.enrichment?.pending);
  assert.is(plan.enrichment.action.kind, "nothing");
});

test("is not kept from its Job by what hinders the model, nor the other way round", () => {
  const world = labelling();
  world.pass(new Stalled({ reason: "NameTaken", message: "Service intent-fr exists" }));
  assert.is(says(world), "True Running");
  assert.is(says(world, "Stalled"), "True NameTaken");
});

test.run();
