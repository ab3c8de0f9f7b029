import * as assert from "uvu/assert";
import type { BenchmarkSpec } from "../../../operator/src/api/model-deployment.ts";
import { Stalled, Waiting } from "../../../operator/src/diagnosis/errors.ts";
import { isServer, servers } from "../../../operator/src/state/observed.ts";
import { autoscaling, larger, measurement, pod } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";
import { isIdle, restart, World } from "../world.ts";

const test = suite("benchmark");

const users: BenchmarkSpec = { scenario: "Users", duration: "30s", warmUp: "0s" };
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

/** The Jobs that are not over. */
const running = (world: World) =>
  world.observed.jobs.filter(({ status }) => !status).map(({ metadata }) => metadata?.name);

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

test("leaves no result where its Job does not say what k6 was told", () => {
  const world = measuring();
  const [job] = world.observed.jobs;
  const [container] = job?.spec?.template.spec?.containers ?? [];
  if (!container) throw new Error("There is no Job");
  container.env = [];
  world.k6();
  world.settle();
  assert.is(says(world), "False UnreadableMeasurement");
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
  assert.equal(running(world), []);
  world.settle();
  assert.is(running(world).length, 1);
});

test("of zero pods is not made", () => {
  const world = measuring({ replicas: 0 });
  assert.equal(jobs(world), []);
  assert.is(says(world), "False ScaledToZero");
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
  const { message } = world.condition("Benchmarked");
  assert.is(
    message,
    "3 of 102 answers were wrong; no result; " +
      "to run the benchmark again: kubectl annotate mdep/intent-fr -n demo intendant.dev/benchmark=now",
  );
  const next = world.pass();
  assert.ok(isIdle(next.plan));
  assert.equal(next.events, []);
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
  assert.is(running(world).length, 1);
  assert.is(says(world), "False Stale");
  assert.match(world.condition("Benchmarked").message, /is being measured$/);
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
  assert.is(world.model.status?.benchmark, undefined);
});

test("without an SLO is within none", () => {
  assert.is(measured().condition("WithinSLO").reason, "NoSLO");
});

/** The history, the newest first. */
const history = (world: World) =>
  world.model.status?.history?.map(({ trigger, outcome }) => `${trigger} ${outcome}`);

test("of which a pod restarts is over at once, and its Job is removed", () => {
  const world = measured();
  request(world);
  restart(world, world.selected!);
  const { events, status } = world.pass();
  assert.equal(events, ["PodRestarted"]);
  assert.is(status.benchmark, undefined, "not even the earlier figure stays");
  assert.match(
    world.condition("Benchmarked").message,
    /^pod intent-fr-\w+-0 was started during the measurement;/,
  );
  assert.equal(history(world), ["Request PodRestarted", "Change Valid"]);
  world.settle();
  assert.equal(running(world), []);
  assert.is(says(world), "False PodRestarted");
});

test("of which a pod is replaced is over at once", () => {
  const world = measuring();
  world.observed.pods.find(isServer)!.metadata!.name = "another";
  world.pass();
  assert.is(says(world), "False PodRestarted");
  assert.match(
    world.condition("Benchmarked").message,
    /^pod intent-fr-\w+-0 disappeared during the measurement;/,
  );
});

test("of which a pod is gone for a moment is over at once", () => {
  const world = measuring({ replicas: 2 });
  world.observed.pods.splice(world.observed.pods.findIndex(isServer), 1);
  world.pass();
  assert.is(says(world), "False PodRestarted");
});

test("whose number of pods changes is over at once, and made again for the new number", () => {
  const world = measuring();
  world.edit({ replicas: 2 });
  world.pass();
  world.kubelet();
  world.pass();
  assert.equal(history(world), ["Change ReplicasChanged"]);
  world.settle();
  assert.is(running(world).length, 1);
});

test("whose autoscaler adds a pod is over at once", () => {
  const world = measuring({ autoscaling });
  world.observed.deployments[0]!.spec!.replicas = 3;
  world.kubelet();
  world.pass();
  assert.is(says(world), "False ReplicasChanged");
  assert.match(world.condition("Benchmarked").message, "from 2 to 3");
});

test("is not valid when a pod came while it ran, though nobody looked", () => {
  const world = measuring({ autoscaling });
  world.k6();
  world.observed.jobs[0]!.status!.completionTime = "2026-10-01T12:01:00Z" as never;
  world.observed.deployments[0]!.spec!.replicas = 3;
  world.kubelet();
  const last = world.observed.pods.findLast(isServer)!;
  last.metadata!.creationTimestamp = "2026-10-01T12:00:30Z" as never;
  world.pass();
  assert.is(says(world), "False ReplicasChanged");
});

test("is not spoilt by a pod that came after its end", () => {
  const world = measuring({ autoscaling });
  world.k6();
  world.observed.jobs[0]!.status!.completionTime = "2026-10-01T12:01:00Z" as never;
  world.observed.deployments[0]!.spec!.replicas = 3;
  world.kubelet();
  const last = world.observed.pods.findLast(isServer)!;
  last.metadata!.creationTimestamp = "2026-10-01T12:01:30Z" as never;
  world.pass();
  assert.is(says(world), "True Measured");
});

test("of a revision that loses the traffic is broken off, and remembered as that", () => {
  const world = measuring();
  const first = world.selected;
  world.edit(larger);
  world.settle();
  assert.is.not(world.selected, first);
  assert.equal(history(world), ["Change RevisionChanged"]);
  assert.is(running(world).length, 1, "the new one's");
  world.k6();
  world.settle();
  assert.is(says(world), "True Measured");
  assert.is(world.model.status?.benchmark?.revision, world.selected);
});

test("does not begin before the load of the one that was broken off has ended", () => {
  const world = measuring();
  const [old] = world.observed.jobs;
  const load = { ...pod(world.model, "x"), metadata: { ...old!.metadata, name: "k6" } };
  world.edit(larger);
  world.settle(() => {
    world.kubelet();
    world.observed.pods.push(load);
  });
  assert.equal(running(world), []);
  world.observed.pods = world.observed.pods.filter(isServer);
  world.settle();
  assert.is(running(world).length, 1);
});

test("is made anew whenever a revision comes back, also when the other was never measured", () => {
  const world = measured();
  const first = world.selected;
  const smaller = { resources: { requests: { cpu: "250m", memory: "1Gi" } } };
  for (const returns of [1, 2]) {
    world.edit(larger);
    world.settle(() => world.kubelet());
    world.wait(60);
    world.edit(smaller);
    world.settle();
    assert.is(world.selected, first);
    assert.is(says(world), "False Stale", `return ${returns}`);
    assert.is(running(world).length, 1);
    world.k6();
    world.settle();
    assert.is(says(world), "True Measured");
  }
});

test("is made anew when the spec asks for another load and then for the first again", () => {
  const world = measured();
  world.edit({ benchmark: { ...users, users: 20 } });
  world.pass();
  world.edit({ benchmark: users });
  world.settle();
  assert.is(running(world).length, 1);
  world.k6();
  world.settle();
  assert.is(says(world), "True Measured");
});

test("that was not valid is not made again by itself, and is after another revision", () => {
  const world = measuring();
  world.k6({ exitCode: 137, reason: "OOMKilled" });
  world.settle();
  world.observed.jobs = [];
  world.wait(3600);
  assert.ok(isIdle(world.settle().plan));
  world.edit(larger);
  world.settle();
  assert.is(running(world).length, 1);
});

for (const [title, change] of [
  ["the model file", { sha256: "cd".repeat(32) }],
  ["the processor", { sha256: "ab".repeat(32), node: { cpu: "EPYC" } }],
] as const) {
  test(`is stale when ${title} is another one, and made again once`, () => {
    const world = measuring();
    const told = { inputs: [], outputs: [], node: { cpu: "Xeon" }, sha256: "ab".repeat(32) };
    world.observed.models = new Map([[world.selected!, told]]);
    world.k6();
    world.settle();
    assert.is(world.model.status?.benchmark?.node?.cpu, "Xeon");
    world.observed.models = new Map([[world.selected!, { ...told, ...change }]]);
    world.settle();
    assert.is(says(world), "False Stale");
    assert.is(running(world).length, 1);
    world.k6();
    world.settle();
    assert.is(says(world), "True Measured");
    assert.equal(history(world), ["Change Valid", "Change Valid"]);
  });
}

test("waits while others are measured, and says so", () => {
  const world = new World({ benchmark: users });
  world.observed.othersMeasured = 1;
  world.settle();
  assert.equal(jobs(world), []);
  assert.is(says(world), "False Queued");
  world.benchmarkConcurrency = 2;
  world.settle();
  assert.is(jobs(world).length, 1);
});

test("does not begin while the model is paused, and goes on when it began before", () => {
  const before = measuring();
  before.edit({ paused: true });
  before.k6();
  before.settle();
  assert.is(says(before), "True Measured");

  const world = new World({ benchmark: users, paused: false });
  world.settle(() => world.kubelet([world.selected!]));
  world.edit({ paused: true });
  const { events } = world.settle();
  assert.equal([jobs(world), events], [[], []]);
  assert.is(says(world), "False Paused");
  world.edit({ paused: false });
  world.settle();
  assert.is(jobs(world).length, 1);
});

test("keeps its last three Jobs, and ten lines of history", () => {
  const world = measured();
  for (let runs = 0; runs < 12; runs += 1) {
    request(world);
    world.k6();
    world.settle();
  }
  assert.is(jobs(world).length, 3);
  assert.is(world.model.status?.history?.length, 10);
  const names = world.model.status?.history?.slice(0, 3).map(({ job }) => job);
  assert.equal(new Set(jobs(world)), new Set(names));
});

test("that was valid stays in the history, however many were not since", () => {
  const world = measured();
  for (let runs = 0; runs < 12; runs += 1) {
    request(world);
    world.k6({ exitCode: 1 });
    world.settle();
  }
  assert.is(world.model.status?.history?.length, 10);
  assert.equal(history(world)?.slice(-2), ["Request GeneratorFailed", "Change Valid"]);
  assert.is(says(world), "False GeneratorFailed");
});

test("leaves a report, of which the last three are kept", () => {
  const world = measured();
  const { benchmark, history } = world.model.status!;
  assert.equal([...world.reports.keys()], [benchmark?.report]);
  assert.is(history?.[0]?.report, benchmark?.report);
  assert.match(world.reports.get(benchmark!.report!)?.data?.["report.html"] ?? "", /P95 3.1.ms/);
  for (let runs = 0; runs < 4; runs += 1) {
    request(world);
    world.k6(runs % 2 === 0 ? { exitCode: 1 } : undefined);
    world.settle();
  }
  const linked = world.model.status?.history?.map(({ report }) => report);
  assert.equal(linked?.slice(0, 3), [...world.reports.keys()].reverse());
  assert.equal(linked?.slice(3), [undefined, undefined]);
});

test("that was broken off leaves none", () => {
  const world = measuring();
  world.edit(larger);
  world.settle();
  assert.is(world.reports.size, 0);
});

test("whose report could not be written is recorded without", () => {
  const world = measuring();
  world.k6();
  world.pass(new Stalled({ reason: "Forbidden", message: "quota of ConfigMaps exceeded" }));
  const { benchmark, history } = world.model.status!;
  assert.equal([benchmark?.p95, benchmark?.report], ["3.1ms", undefined]);
  assert.equal([history?.[0]?.outcome, history?.[0]?.report], ["Valid", undefined]);
});

test("of an earlier operator, whose Job says nothing of it, is removed and made again", () => {
  const world = measuring();
  world.observed.jobs[0]!.metadata!.annotations = {};
  world.observed.jobs[0]!.metadata!.name = "intent-fr-benchmark-old";
  world.settle();
  assert.is(jobs(world).length, 1);
  assert.is.not(jobs(world)[0], "intent-fr-benchmark-old");
});

test("that could not begin is still owed, and still requested", () => {
  const world = measured();
  world.wait(60);
  world.annotate("intendant.dev/benchmark", "now");
  world.pass();
  world.pass(new Waiting("another model is being measured"));
  assert.ok(world.model.status?.measureRequestedAt);
  world.settle();
  assert.is(running(world).length, 1);
});

const search = { scenario: "Capacity", warmUp: "0s" } as const;
const found = {
  ...measurement,
  capacity: { rps: 1700, missed: 1750, p95: 96, cpuPerRequest: 212, steps: [] },
  limitedBy: "service",
} as const;

test("of the capacity keeps the autoscaler from changing the number of pods meanwhile", () => {
  const world = new World({ benchmark: search, autoscaling, slo: { p95: "100ms" } });
  const limits = () => {
    const { minReplicas, maxReplicas } = world.observed.autoscaler?.spec ?? {};
    return [minReplicas, maxReplicas];
  };
  world.settle();
  assert.equal(limits(), [2, 2]);
  assert.match(world.model.status?.autoscaling?.source ?? "", /held at 2 pods/);
  world.k6({ message: JSON.stringify(found) });
  world.settle();
  assert.equal(limits(), [2, 5]);
});

test("of the capacity says what one pod takes, and the autoscaler aims for a share of it", () => {
  const world = new World({
    benchmark: search,
    autoscaling: { ...autoscaling, target: "Measured" },
    slo: { p95: "100ms" },
  });
  world.settle();
  assert.equal(world.model.status?.autoscaling?.target, "80%");
  world.k6({ message: JSON.stringify(found) });
  world.settle();
  const { capacity, autoscaling: aim } = world.model.status!;
  assert.equal(capacity, {
    revision: world.selected,
    rpsPerReplica: "850",
    p95: "96ms",
    cpuPerRequest: "212us",
    replicas: 2,
    measuredAt: measurement.finishedAt,
  });
  assert.equal(aim, {
    target: "126m",
    source: "70% of the measured 850/s at 212us of CPU per request",
  });
  const [metric] = world.observed.autoscaler?.spec?.metrics ?? [];
  assert.equal(metric?.resource?.target, { type: "AverageValue", averageValue: "126m" });
});

test("of the capacity that was not valid leaves the capacity that is known", () => {
  const world = new World({ benchmark: search, slo: { p95: "100ms" } });
  world.settle();
  world.k6({ message: JSON.stringify(found) });
  world.settle();
  request(world);
  world.k6({ message: JSON.stringify({ ...found, limitedBy: "time" }) });
  world.settle();
  assert.is(says(world), "False SearchUnfinished");
  assert.is(world.model.status?.capacity?.rpsPerReplica, "1700");
  request(world);
  world.k6({ message: JSON.stringify({ ...found, capacity: { rps: 0, missed: 1, steps: [] } }) });
  world.settle();
  assert.is(world.model.status?.capacity, undefined, "not even the lowest rate was held");
});

/** Somebody asks for another measurement, a minute later, and it begins. */
function request(world: World): void {
  world.wait(60);
  world.annotate("intendant.dev/benchmark", "now");
  world.settle();
  assert.is(running(world).length, 1);
}

test.run();
