import * as assert from "uvu/assert";
import type { BenchmarkSpec } from "../../operator/src/api.ts";
import { servers } from "../../operator/src/observed.ts";
import { measurement } from "./fixtures.ts";
import { suite } from "../support/suite.ts";
import { isIdle, World } from "./world.ts";

const test = suite("benchmark");

const users: BenchmarkSpec = { scenario: "Users", duration: "30s" };
const larger = { resources: { requests: { cpu: "250m", memory: "2Gi" } } };
const jobs = (world: World) => world.observed.jobs.map(({ metadata }) => metadata?.name);

/** A world in which the benchmark of the first revision runs. */
function measuring(spec: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World({ benchmark: users, ...spec });
  world.settle();
  return world;
}

/** A world in which the first revision serves and was measured. */
function measured(spec: ConstructorParameters<typeof World>[0] = {}): World {
  const world = measuring(spec);
  world.k6();
  world.settle();
  return world;
}

const says = (world: World) => {
  const { status, reason } = world.condition("Benchmarked");
  return `${status} ${reason}`;
};

test("is not made where the spec does not ask for one", () => {
  const world = new World();
  world.settle();
  assert.equal(jobs(world), []);
  assert.is(says(world), "False NotRequested");
});

test("begins when the model is Ready, once", () => {
  const world = new World({ benchmark: users, replicas: 2 });
  world.pass();
  assert.is(says(world), "False Waiting");
  world.settle(() => world.kubelet([world.selected!]));
  assert.equal(jobs(world), []);
  world.settle();
  assert.is(jobs(world).length, 1);
  assert.is(says(world), "False Running");
  assert.is(world.condition("WithinSLO").status, "Unknown");
  assert.ok(isIdle(world.pass().plan));
});

test("waits until no pod of another revision is left that could answer", () => {
  const world = measured();
  const old = servers(world.observed.pods)[0];
  world.edit(larger);
  world.settle(() => {
    world.kubelet();
    world.observed.pods.push({ ...old, metadata: { ...old!.metadata, name: "leaving" } });
  });
  assert.is(says(world), "False Stale");
  assert.equal(jobs(world), []);
  world.settle();
  assert.is(jobs(world).length, 1);
});

test("of zero pods is not made", () => {
  assert.equal(jobs(measuring({ replicas: 0 })), []);
});

test("leaves its figures in the status, tied to what was measured", () => {
  const world = measuring({ replicas: 2, slo: { p95: "120ms" } });
  world.k6();
  const { events, status } = world.pass();
  assert.equal(events, ["Measured"]);
  assert.is(status.benchmark?.p95, "3.1ms");
  assert.is(status.benchmark?.revision, world.selected);
  assert.is(status.benchmark?.replicas, 2);
  assert.is(says(world), "True Measured");
  assert.is(
    world.condition("WithinSLO").message,
    "P95 3.1ms is within 120ms, 0 of 102 requests failed",
  );
  assert.ok(isIdle(world.pass().plan));
});

test("is not repeated when its Job is removed, and its figures stay", () => {
  const world = measured();
  world.observed.jobs = [];
  const { plan, status } = world.pass();
  assert.ok(isIdle(plan));
  assert.is(status.benchmark?.p95, "3.1ms");
});

test("that is not valid leaves no figure, says why, and how to try again", () => {
  const world = measuring();
  world.k6({ message: JSON.stringify({ ...measurement, failedChecks: 3 }) });
  const { events, status } = world.pass();
  assert.equal(events, ["WrongAnswers"]);
  assert.is(status.benchmark, undefined);
  assert.is(says(world), "False WrongAnswers");
  const [job] = jobs(world);
  const { message } = world.condition("Benchmarked");
  assert.ok(message.endsWith(`to measure again, run: kubectl delete job -n demo ${job}`), message);
  const next = world.pass();
  assert.ok(isIdle(next.plan));
  assert.equal(next.events, []);
});

test("that is not valid is made again when its Job was removed", () => {
  const world = measuring();
  world.k6({ exitCode: 137, reason: "OOMKilled" });
  world.settle();
  world.observed.jobs = [];
  world.settle();
  assert.is(jobs(world).length, 1);
  world.k6();
  world.settle();
  assert.is(says(world), "True Measured");
});

test("stays true while another revision is being brought up", () => {
  const world = measured();
  const generation = world.model.metadata.generation;
  world.edit(larger);
  const { status } = world.pass();
  assert.is(status.benchmark?.revision, status.serving?.revision);
  assert.is(says(world), "True Measured");
  assert.is(world.condition("Reconciling").observedGeneration, generation + 1);
  assert.is(
    world.condition("Benchmarked").observedGeneration,
    generation,
    "`kubectl wait` must not take it for a figure of the new generation",
  );
});

test("is stale as soon as another revision serves, and then made anew", () => {
  const world = measured();
  const [old] = jobs(world);
  world.edit(larger);
  world.pass();
  world.kubelet();
  const promotion = world.pass();
  assert.ok(promotion.events.includes("Promoted"));
  assert.is(promotion.status.benchmark, undefined);
  assert.is(says(world), "False Stale");
  assert.is(world.condition("Benchmarked").observedGeneration, world.model.metadata.generation);
  assert.is(world.condition("WithinSLO").status, "Unknown");
  world.settle();
  const [job] = jobs(world);
  assert.is.not(job, old);
  assert.is(says(world), "False Stale");
  world.k6();
  world.settle();
  assert.is(says(world), "True Measured");
});

test("is stale when the spec asks for another load", () => {
  const world = measured();
  world.edit({ benchmark: { ...users, users: 20 } });
  assert.is(world.pass().status.benchmark, undefined);
  assert.is(says(world), "False Stale");
});

test("is not stale when the same load is written in another way", () => {
  const world = measured();
  world.edit({ benchmark: { ...users, users: 10 } });
  assert.is(world.settle().status.benchmark?.p95, "3.1ms");
});

test("is held against a changed SLO without being repeated", () => {
  const world = measured({ slo: { p95: "120ms" } });
  world.edit({ slo: { p95: "2ms" } });
  assert.ok(isIdle(world.pass().plan));
  const { status, reason, message, observedGeneration } = world.condition("WithinSLO");
  assert.is(`${status} ${reason}`, "False Missed");
  assert.match(message, "P95 3.1ms is above 2ms");
  assert.is(observedGeneration, world.model.metadata.generation);
});

test("goes with its figures when the spec asks for none any more", () => {
  const world = measured();
  const { benchmark: _, ...spec } = world.model.spec;
  world.model.spec = spec;
  const { status } = world.pass();
  assert.is(status.benchmark, undefined);
  assert.equal(jobs(world), []);
  assert.is(says(world), "False NotRequested");
});

test("of a revision that lost and regained the traffic meanwhile does not count", () => {
  const world = measuring();
  world.model.status!.serving!.since = "2026-10-01T12:00:07Z";
  world.k6();
  world.pass();
  assert.is(says(world), "False RevisionChanged");
});

test("without an SLO is within none", () => {
  assert.is(measured().condition("WithinSLO").reason, "NoSLO");
});

test.run();
