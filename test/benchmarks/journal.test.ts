import * as assert from "uvu/assert";
import type { Bucket, Capacity, Measurement, Plan } from "../../benchmarks/contract.ts";
import { nextTask, readJournal } from "../../benchmarks/scenarios/journal.ts";
import type { LoadTask, Run, Task } from "../../benchmarks/scenarios/task.ts";
import { suite } from "../support/suite.ts";

const test = suite("The runs of a benchmark");

const capacity: Capacity = {
  scenario: "Capacity",
  slo: { p95: 100 },
  replicas: 1,
  resolution: 0.05,
  stepSeconds: 5,
};
const base = { url: "http://m", model: "m", duration: 240 };
const users: Plan = {
  ...base,
  warmUp: 3,
  load: { scenario: "Users", users: 2, thinkTime: { min: 1, max: 5 } },
};
const search: Plan = { ...base, load: capacity };
const rate = (rate: number): Plan => ({ ...base, load: { scenario: "Rate", rate } });

/** A measurement of a load, in which all went well unless told otherwise. */
function measurement(more: Partial<Measurement> = {}): Measurement {
  return {
    latency: { p50: 5, p95: 8, p99: 9 },
    rps: 100,
    requests: 1000,
    errors: 0,
    failedChecks: 0,
    dropped: 0,
    startedAt: "2026-01-02T03:04:05.000Z",
    finishedAt: "2026-01-02T03:04:15.000Z",
    ...more,
  };
}

const requests = ({ duration, load }: LoadTask) => Math.round(duration * (load as never)["rate"]);

/** Plays a service: what a load does to it, until the end. */
function played(
  plan: Plan,
  service: (task: LoadTask) => Partial<Measurement>,
  seconds = 8,
): Played {
  const runs: Run[] = [];
  for (;;) {
    const task = nextTask(plan, runs);
    if (task.kind !== "load") return { task, runs };
    const started = 1e12 + runs.length * seconds * 1000;
    const figures = { requests: requests(task) || 100, ...service(task) };
    runs.push({
      task,
      measurement: measurement(figures),
      started,
      ended: started + seconds * 1000,
    });
  }
}

interface Played {
  task: Task;
  runs: Run[];
}

/** A service that holds a rate and no more: beyond it, answers come late. */
const holding =
  (most: number, beyond: Partial<Measurement> = { latency: { p50: 300, p95: 500, p99: 600 } }) =>
  ({ load }: LoadTask) =>
    load.scenario === "Rate" && load.rate > most ? beyond : {};

function end({ task }: Played): Measurement {
  if (task.kind !== "end") throw new Error(`it ended with ${task.kind}`);
  return task.measurement;
}

test("are the load of the plan, and then the end", () => {
  assert.equal(nextTask(users, []), {
    kind: "load",
    load: users.load,
    duration: 240,
    warmUp: 3,
    virtualUsers: 2,
  });
  const { task, runs } = played(users, () => ({ rps: 12 }));
  assert.is(runs.length, 1);
  assert.equal(task, { kind: "end", measurement: runs[0]!.measurement });
});

test("have as many connections as requests in three seconds, from 50 to 1000", () => {
  const virtualUsers = (plan: Plan) => (nextTask(plan, []) as LoadTask).virtualUsers;
  assert.equal([1, 300, 5000].map(rate).map(virtualUsers), [50, 900, 1000]);
});

test("are a user's script, and then the end", () => {
  const plan: Plan = { ...base, load: { scenario: "Script", path: "/scripts/load.js" } };
  const task = nextTask(plan, []);
  assert.equal(task, { kind: "script", path: "/scripts/load.js" });
  const run = { task, measurement: measurement(), started: 1, ended: 2 } as Run;
  assert.is(nextTask(plan, [run]).kind, "end");
});

test("are kept in a journal, with how the generator was throttled in the last one", () => {
  const runs = [1, 2].map((started) => ({ measurement: measurement(), started }));
  const before = "nr_periods 0\nnr_throttled 0\n";
  const after = "nr_periods 30\nnr_throttled 10\n";
  const throttled = readJournal(JSON.stringify(runs), { before, after }).map(
    ({ measurement }) => measurement.throttled,
  );
  assert.equal(throttled, [undefined, 0.333]);
  assert.equal(readJournal("", { before, after }), []);
});

test("of a search are one user, steps, and what was found", () => {
  const ended = played(search, holding(200, { latency: { p50: 80, p95: 101, p99: 110 } }));
  const [probe, first] = ended.runs.map(({ task }) => task as LoadTask);
  assert.is(probe!.virtualUsers, 1);
  assert.equal(first!.load, { scenario: "Rate", rate: 50 });
  const { capacity: found, limitedBy, latency } = end(ended);
  assert.ok(found!.rps > 190 && found!.rps <= 200, `${found!.rps}/s`);
  assert.ok(found!.missed! > 200 && found!.missed! <= 210, `${found!.missed}/s`);
  assert.is(found!.p95, 8);
  assert.is(latency!.p95, 8);
  assert.is(limitedBy, "service");
  assert.equal(found!.steps[0], [50, 8, 0, 1]);
  assert.ok(found!.steps.some(([rate, p95, , held]) => rate > 200 && p95 === 101 && held === 0));
});

test("of a search take longer for a slow service, but not more than half a minute", () => {
  const steps = (p50: number) =>
    played(search, () => ({ latency: { p50, p95: p50, p99: p50 } })).runs.slice(1);
  assert.is((steps(5)[0]!.task as LoadTask).duration, 5);
  assert.is((steps(20)[0]!.task as LoadTask).duration, 16);
  assert.is((steps(90)[0]!.task as LoadTask).duration, 30);
});

const queueing: Bucket[] = [50, 250, 450, 650, 850].map((p50) => [p50, p50, p50, 100, 0]);
const misses: [string, Partial<Measurement>, Measurement["limitedBy"]][] = [
  ["errors", { errors: 10 }, "service"],
  ["wrong answers", { failedChecks: 10 }, "service"],
  ["no answer at all", { latency: undefined, errors: 1000 }, "service"],
  ["a backlog that grows", { series: { seconds: 1, buckets: queueing } }, "service"],
  ["late answers", { latency: { p50: 300, p95: 500, p99: 600 } }, "service"],
  ["late answers and drops", { latency: { p50: 1, p95: 500, p99: 6 }, dropped: 9 }, "service"],
  ["drops though it is fast", { dropped: 1 }, "generator"],
  ["a rate that was not reached", { requests: 3 }, "generator"],
  ["late starts", { latency: { p50: 1, p95: 500, p99: 6 }, lateness: 80 }, "generator"],
  ["a throttled generator", { latency: { p50: 1, p95: 500, p99: 6 }, throttled: 0.3 }, "generator"],
];

for (const [what, beyond, limitedBy] of misses) {
  test(`of a search know ${what} as the limit of the ${limitedBy}`, () => {
    const ended = end(played({ ...search, duration: 600 }, holding(200, beyond)));
    assert.ok(ended.capacity!.rps > 190 && ended.capacity!.rps <= 200, `${ended.capacity!.rps}/s`);
    assert.is(ended.limitedBy, limitedBy);
  });
}

test("of a search end at the limit, which nothing limits", () => {
  const ended = end(played({ ...base, load: { ...capacity, limit: 300 } }, holding(1000)));
  assert.is(ended.capacity!.rps, 300);
  assert.equal([ended.capacity!.missed, ended.limitedBy], [undefined, undefined]);
});

test("of a search end when the time is over, with what is known", () => {
  const { capacity: found, limitedBy } = end(played({ ...search, duration: 60 }, holding(200)));
  assert.is(limitedBy, "time");
  assert.ok(found!.rps <= 200);
});

test("of a search end at once when one user is not answered", () => {
  const { capacity: found, errors } = end(
    played(search, () => ({ latency: undefined, requests: 7, errors: 7 })),
  );
  assert.equal([found, errors], [undefined, 7]);
});

test("of a search end at once when one user is already too much", () => {
  const slow = { latency: { p50: 101, p95: 120, p99: 130 } };
  const ended = played(search, () => slow);
  assert.is(ended.runs.length, 1);
  assert.equal(end(ended).capacity, { rps: 0, steps: [] });
  assert.is(end(ended).limitedBy, "service");
});

test("leave what fits a termination message, also when all is as long as can be", () => {
  const bucket: Bucket = [29990.1, 29990.1, 29990.1, 600_000, 600_000];
  const huge = {
    latency: { p50: 29999.123, p95: 29999.123, p99: 29999.123 },
    rps: 19999.123,
    requests: 20_000_000,
    errors: 10_000_000,
    failedChecks: 10_000_000,
    dropped: 10_000_000,
    commonestFailure: "é".repeat(99),
    series: { seconds: 120.123, buckets: Array.from({ length: 30 }, () => bucket) },
    cpuPerRequest: 29_999_999.9,
    memory: 64 * 2 ** 30,
    restarts: 99,
    throttled: 0.123,
    lateness: 29999.123,
  };
  let step = 0;
  const flickering = (task: LoadTask) => {
    step += 1;
    if (task.load.scenario === "Users") return {};
    return { ...huge, latency: { ...huge.latency, p95: 1234.5 + step }, errors: 123 };
  };
  const plan: Plan = {
    ...base,
    duration: 1e6,
    load: { ...capacity, start: 12345, slo: {}, resolution: 0.001 },
  };
  const measured = end(played(plan, flickering));
  const { steps } = measured.capacity!;
  assert.ok(steps.length > 30, `${steps.length} steps`);
  // No search has more than these.
  while (steps.length < 60) steps.push([19999, 29990, 0.0012, 0]);
  const message = JSON.stringify({ ...measured, ...huge });
  assert.ok(Buffer.byteLength(message) <= 4096, `${Buffer.byteLength(message)} bytes`);
});

test.run();
