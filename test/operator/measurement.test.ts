import * as assert from "uvu/assert";
import type { Measurement } from "../../benchmarks/contract.ts";
import { reasons, type BenchmarkSpec } from "../../operator/src/api.ts";
import { judge, parse, type Run } from "../../operator/src/measurement.ts";
import { benchmarkJob, scenario } from "../../operator/src/resources/benchmark-job.ts";
import { figures, finished, images, intentFr, measurement } from "./fixtures.ts";
import { suite } from "../support/suite.ts";

const test = suite("measurement");

const since = "2026-10-01T11:59:00Z";
const users: BenchmarkSpec = { scenario: "Users", duration: "30s" };
const rate: BenchmarkSpec = { scenario: "Rate", duration: "30s", rate: "50/s" };

/** A run of which k6 left this, or ended like this. */
function run(
  left: Measurement | string | undefined,
  { spec = users, ...end }: { spec?: BenchmarkSpec; exitCode?: number; reason?: string } = {},
): Run {
  const subject = { revision: "aaaaaaaa", since, replicas: 1 };
  const message = typeof left === "object" ? JSON.stringify(left) : left;
  const ended = finished(benchmarkJob(intentFr(), spec, subject, images), { ...end, message });
  return { ...ended, plan: scenario(spec), scenarioHash: "bbbbbbbb", revision: "aaaaaaaa", since };
}

function invalid(run: Run): { reason: string; message: string } {
  const verdict = judge(run);
  if ("figures" in verdict) throw new Error(`It counts as valid: ${JSON.stringify(verdict)}`);
  return verdict.invalid;
}

test("becomes figures with units, tied to what was measured", () => {
  assert.equal(judge(run(measurement)), { figures });
});

test("at a constant rate is of the open kind", () => {
  const steady = { ...measurement, requests: 1500, rps: 49.9 };
  const verdict = judge(run(steady, { spec: rate }));
  assert.is("figures" in verdict && verdict.figures.loadModel, "open");
});

test("with some failed requests is valid; the SLO says whether they are too many", () => {
  const verdict = judge(run({ ...measurement, errors: 2 }));
  assert.is("figures" in verdict && verdict.figures.errors, 2);
});

test("of 95% of the rate is valid", () => {
  assert.ok("figures" in judge(run({ ...measurement, requests: 1425 }, { spec: rate })));
});

const { latency: _, ...unanswered } = measurement;
const cases: [title: string, run: Run, reason: string, message: RegExp][] = [
  [
    "without a request",
    run({ ...unanswered, requests: 0, rps: 0 }),
    reasons.NoRequests,
    /no request came to an end/,
  ],
  [
    "in which every request failed",
    run({ ...unanswered, errors: 102, commonestFailure: "connection refused" }),
    reasons.EveryRequestFailed,
    /all 102 requests failed: connection refused/,
  ],
  [
    "with wrong answers",
    run({ ...measurement, failedChecks: 3, commonestFailure: "no outputs" }),
    reasons.WrongAnswers,
    /3 of 102 answers were wrong: no outputs/,
  ],
  [
    "that could not start all requests",
    run({ ...measurement, requests: 1480, dropped: 20 }, { spec: rate }),
    reasons.DroppedIterations,
    /20 requests of the 50\/s could not be started/,
  ],
  [
    "that did not reach its rate",
    run({ ...measurement, requests: 1424 }, { spec: rate }),
    reasons.RateNotReached,
    /the rate was 47.5\/s, less than 95% of 50\/s/,
  ],
  [
    "whose generator ran out of memory",
    run(undefined, { exitCode: 137, reason: "OOMKilled" }),
    reasons.GeneratorKilled,
    /killed \(OOMKilled, exit code 137\)/,
  ],
  [
    "whose generator was killed although it had left figures",
    run(measurement, { exitCode: 137, reason: "Error" }),
    reasons.GeneratorKilled,
    /exit code 137/,
  ],
  [
    "whose generator failed",
    run("PLAN is not a JSON object", { exitCode: 107 }),
    reasons.GeneratorFailed,
    /exit code 107: PLAN is not a JSON object/,
  ],
  ["that left nothing", run(undefined), reasons.UnreadableMeasurement, /^k6 left nothing$/],
  [
    "that was cut off",
    run(JSON.stringify(measurement).slice(0, -20)),
    reasons.UnreadableMeasurement,
    /not a measurement: \{"latency"/,
  ],
  [
    "of something else than what has the traffic now",
    { ...run(measurement), since: "2026-10-01T12:00:10Z" },
    reasons.RevisionChanged,
    /another revision than aaaaaaaa served in between/,
  ],
  [
    "whose pod is gone",
    { ...run(measurement), pod: undefined },
    reasons.GeneratorKilled,
    /is gone without a result/,
  ],
];

for (const [title, run, reason, message] of cases) {
  test(`${title} is no measurement`, () => {
    const finding = invalid(run);
    assert.is(finding.reason, reason);
    assert.match(finding.message, message);
  });
}

test("over its deadline is no measurement, whatever was left", () => {
  const late = run(measurement);
  const type = "Failed";
  late.job.status = { conditions: [{ type, status: "True", reason: "DeadlineExceeded" }] };
  const { reason, message } = invalid(late);
  assert.is(reason, reasons.GeneratorKilled);
  assert.is(message, "k6 did not end within 150 s");
});

test("shows words of a pod in one line, without control characters, and not too many", () => {
  const { message } = invalid(run(`\u001b[31mno\n\tgood ${"x".repeat(5000)}`, { exitCode: 1 }));
  assert.match(message, /: \[31mno good x+…$/);
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
  ["words that are none", JSON.stringify({ ...measurement, commonestFailure: {} })],
];
for (const [title, text] of unreadable) {
  test(`is not read from ${title}`, () => assert.is(parse(text), undefined));
}

test.run();
