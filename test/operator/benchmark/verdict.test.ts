import * as assert from "uvu/assert";
import type { Measurement } from "../../../benchmarks/contract.ts";
import { type BenchmarkSpec } from "../../../operator/src/api/model-deployment.ts";
import { reasons } from "../../../operator/src/api/reasons.ts";
import { judge, parse, type Finished } from "../../../operator/src/benchmark/verdict.ts";
import { benchmarkJob, scenarioPlan } from "../../../operator/src/resources/benchmark-job.ts";
import { finished, images, intentFr, measurement, run } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("measurement");

const users: BenchmarkSpec = { scenario: "Users", duration: "30s", warmUp: "0s" };
const rate: BenchmarkSpec = { scenario: "Rate", duration: "30s", rate: "50/s", warmUp: "0s" };
const capacity: BenchmarkSpec = { scenario: "Capacity", warmUp: "0s" };

/** A run of which k6 left this, or ended like this. */
function ended(
  left: Measurement | string | undefined,
  { spec = users, ...end }: { spec?: BenchmarkSpec; exitCode?: number; reason?: string } = {},
): Finished {
  const model = intentFr();
  const message = typeof left === "object" ? JSON.stringify(left) : left;
  const job = benchmarkJob(model, spec, run, { images, addresses: [] });
  return { ...finished(job, { ...end, message }), plan: scenarioPlan(model, spec, 1) };
}

function invalid(finished: Finished): { reason: string; message: string } {
  const verdict = judge(finished);
  if ("invalid" in verdict) return verdict.invalid;
  throw new Error(`It counts as valid: ${JSON.stringify(verdict)}`);
}

const isValid = (finished: Finished) => !("invalid" in judge(finished));

test("that has nothing wrong with it is valid", () => {
  assert.equal(judge(ended(measurement)), { measurement });
});

test("with some failed requests is valid; the SLO says whether they are too many", () => {
  assert.ok(isValid(ended({ ...measurement, errors: 2 })));
});

test("of 95% of the rate is valid", () => {
  assert.ok(isValid(ended({ ...measurement, requests: 1425 }, { spec: rate })));
});

test("of users who were interrupted is valid, because they dropped nothing of a rate", () => {
  assert.ok(isValid(ended({ ...measurement, dropped: 3 })));
});

test("whose generator waited for its CPU once in a while is valid", () => {
  assert.ok(isValid(ended({ ...measurement, throttled: 0.02 })));
});

test("that the service kept from a higher rate is valid", () => {
  const found = { rps: 300, missed: 310, p95: 90, steps: [] };
  const search = { ...measurement, capacity: found, limitedBy: "service" } as const;
  assert.ok(isValid(ended(search, { spec: capacity })));
});

test("that is not valid still shows what was left", () => {
  const verdict = judge(ended({ ...measurement, failedChecks: 3 }));
  assert.is("invalid" in verdict && verdict.measurement?.requests, 102);
});

const { latency: _, ...unanswered } = measurement;
const cases: [title: string, finished: Finished, reason: string, message: RegExp][] = [
  [
    "without a request",
    ended({ ...unanswered, requests: 0, rps: 0 }),
    reasons.NoRequests,
    /no request finished/,
  ],
  [
    "in which every request failed",
    ended({ ...unanswered, errors: 102, commonestFailure: "connection refused" }),
    reasons.EveryRequestFailed,
    /all 102 requests failed: connection refused/,
  ],
  [
    "with wrong answers",
    ended({ ...measurement, failedChecks: 3, commonestFailure: "no outputs" }),
    reasons.WrongAnswers,
    /3 of 102 answers were wrong: no outputs/,
  ],
  [
    "that could not start all requests",
    ended({ ...measurement, requests: 1480, dropped: 20 }, { spec: rate }),
    reasons.DroppedIterations,
    /20 requests at 50\/s could not be started/,
  ],
  [
    "that did not reach its rate",
    ended({ ...measurement, requests: 1424 }, { spec: rate }),
    reasons.RateNotReached,
    /the rate was 47.5\/s, less than 95% of 50\/s/,
  ],
  [
    "whose generator ran out of memory",
    ended(undefined, { exitCode: 137, reason: "OOMKilled" }),
    reasons.GeneratorKilled,
    /killed \(OOMKilled, exit code 137\)/,
  ],
  [
    "whose generator was killed although it had left figures",
    ended(measurement, { exitCode: 137, reason: "Error" }),
    reasons.GeneratorKilled,
    /exit code 137/,
  ],
  [
    "whose generator failed",
    ended("PLAN is not a JSON object", { exitCode: 107 }),
    reasons.GeneratorFailed,
    /exited with code 107: PLAN is not a JSON object/,
  ],
  [
    "whose generator says in its log why it failed, and then where",
    ended(
      'time="2026-10-01T12:00:00Z" level=error msg="Could not read \\"/payloads/a.jsonl\\": no such ' +
        `file\\n\\tat opened (file:///${"long/".repeat(80)}target.ts)" hint="script exception"`,
      { exitCode: 107 },
    ),
    reasons.GeneratorFailed,
    /exited with code 107: Could not read "\/payloads\/a\.jsonl": no such file$/,
  ],
  [
    "whose generator says why it failed after its log",
    ended('level=info msg="Asking intent questions"\nThe script measured nothing', { exitCode: 1 }),
    reasons.GeneratorFailed,
    /exited with code 1: .*The script measured nothing$/,
  ],
  ["that left nothing", ended(undefined), reasons.UnreadableMeasurement, /^k6 wrote no result$/],
  [
    "that was cut off",
    ended(JSON.stringify(measurement).slice(0, -20)),
    reasons.UnreadableMeasurement,
    /other than a measurement: \{"latency"/,
  ],
  [
    "of which a pod restarted",
    ended({ ...measurement, restarts: 1 }),
    reasons.PodRestarted,
    /^1 of the pods restarted or disappeared during the measurement$/,
  ],
  [
    "whose generator had to wait for its CPU",
    ended({ ...measurement, throttled: 0.31 }),
    reasons.GeneratorThrottled,
    /throttled by its CPU limit 31% of the time; remove the limit \(set by a LimitRange/,
  ],
  [
    "that the generator kept from a higher rate",
    ended(
      { ...measurement, capacity: { rps: 2000, steps: [] }, limitedBy: "generator" },
      { spec: capacity },
    ),
    reasons.GeneratorLimited,
    /cannot send more than 2000\/s/,
  ],
  [
    "that time kept from a higher rate",
    ended(
      { ...measurement, capacity: { rps: 120, steps: [] }, limitedBy: "time" },
      { spec: capacity },
    ),
    reasons.SearchUnfinished,
    /reached 120\/s when its time was up; raise spec.benchmark.duration/,
  ],
  [
    "whose pod is gone",
    { ...ended(measurement), pod: undefined },
    reasons.GeneratorKilled,
    /disappeared without a result/,
  ],
];

for (const [title, left, reason, message] of cases) {
  test(`${title} is no measurement`, () => {
    const problem = invalid(left);
    assert.is(problem.reason, reason);
    assert.match(problem.message, message);
  });
}

test("whose generator was deleted is no measurement", () => {
  const left = ended(undefined, { exitCode: 105 });
  left.pod!.metadata!.deletionTimestamp = "2026-10-01T12:00:10Z" as never;
  assert.equal(invalid(left), {
    reason: reasons.GeneratorKilled,
    message: "the k6 pod was deleted",
  });
});

const overdue: [title: string, failed: number, message: string][] = [
  ["over its deadline is no measurement, whatever was left", 1, "k6 did not finish within 150 s"],
  [
    "whose generator could not begin is no measurement",
    0,
    "k6 did not start within 150 s; to see why it has no pod, run: " +
      `kubectl describe job/intent-fr-benchmark-fa0dc1f9 -n demo`,
  ],
];
for (const [title, failed, message] of overdue) {
  test(title, () => {
    const late = ended(measurement);
    const conditions = [{ type: "Failed", status: "True", reason: "DeadlineExceeded" }];
    late.job.status = { conditions, failed };
    assert.equal(invalid(late), { reason: reasons.GeneratorKilled, message });
  });
}

test("shows words of a pod in one line, without control characters, and not too many", () => {
  const { message } = invalid(ended(`\u001b[31mno\n\tgood ${"x".repeat(5000)}`));
  assert.match(message, /other than a measurement: \[31mno good x+…$/);
  assert.ok(message.length < 300);
});

test("shows what a generator that failed said last", () => {
  const { message } = invalid(ended(`${"x".repeat(5000)}\nThere is\tno model\n`, { exitCode: 1 }));
  assert.match(message, /^k6 exited with code 1: …x+ There is no model$/);
  assert.ok(message.length < 300);
});

const unreadable: [title: string, text: string][] = [
  ["nothing", ""],
  ["text", "done"],
  ["null", "null"],
  ["a list", "[]"],
  ["a number that is none", JSON.stringify({ ...measurement, rps: "fast" })],
  ["a negative count", JSON.stringify({ ...measurement, errors: -1 })],
  ["half a request", JSON.stringify({ ...measurement, requests: 1.5 })],
  ["more errors than requests", JSON.stringify({ ...measurement, errors: 103 })],
  [
    "percentiles upside down",
    JSON.stringify({ ...measurement, latency: { p50: 3, p95: 2, p99: 4 } }),
  ],
  ["a latency of nothing", JSON.stringify({ ...measurement, latency: { p50: 0, p95: 0, p99: 0 } })],
  ["a missing percentile", JSON.stringify({ ...measurement, latency: { p50: 1, p99: 4 } })],
  ["a time in words", JSON.stringify({ ...measurement, startedAt: "yesterday" })],
  [
    "a day that does not exist",
    JSON.stringify({ ...measurement, finishedAt: "2026-13-45T99:00:00Z" }),
  ],
  ["throttling that is none", JSON.stringify({ ...measurement, throttled: "often" })],
  ["a series that is none", JSON.stringify({ ...measurement, series: [1, 2] })],
  [
    "a step that is none",
    JSON.stringify({ ...measurement, capacity: { rps: 1, steps: [["fast", 1, 0, 1]] } }),
  ],
  ["words that are none", JSON.stringify({ ...measurement, commonestFailure: {} })],
];
for (const [title, text] of unreadable) {
  test(`is not read from ${title}`, () => assert.is(parse(text), undefined));
}

test.run();
