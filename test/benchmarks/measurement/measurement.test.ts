import * as assert from "uvu/assert";
import { measurement } from "../../../benchmarks/scenarios/measurement/measurement.ts";
import type { Summary } from "../../../benchmarks/scenarios/measurement/summary.ts";
import { suite } from "../../support/suite.ts";

const test = suite("A measurement");

const began = Date.parse("2026-01-02T03:04:05.000Z");
const plan = {
  url: "http://m",
  model: "m",
  duration: 10,
  load: { scenario: "Rate", rate: 20 } as const,
};

type Values = Record<string, Record<string, number>>;

function summary(values: Values, failures: [string, number][] = []): Summary {
  const metrics = Object.entries(values).map(([name, values]) => [name, { values }]);
  const checks = failures.map(([name, fails]) => ({ name, fails }));
  return { metrics: Object.fromEntries(metrics), root_group: { checks } };
}

test("has the figures of k6, times in milliseconds with three decimals", () => {
  const data = summary(
    {
      answer_time: { "p(50)": 1.23456, "p(95)": 9.8765432, "p(99)": 12 },
      measured_requests: { count: 200, rate: 19.5 },
      measured_errors: { count: 20, rate: 1 },
      failed_checks: { count: 3, rate: 1 },
      "dropped_iterations{scenario:benchmark}": { count: 7, rate: 1 },
      last_answer: { value: began + 9000, min: began, max: began + 9990 },
    },
    [
      ["status 500", 4],
      ["status 503", 16],
      ["the answer is not JSON", 3],
    ],
  );
  const { series, ...figures } = measurement(data, plan, began);
  assert.is(series?.buckets.length, 10);
  assert.equal(figures, {
    latency: { p50: 1.235, p95: 9.877, p99: 12 },
    rps: 18,
    requests: 200,
    errors: 20,
    failedChecks: 3,
    dropped: 7,
    commonestFailure: "status 503",
    startedAt: "2026-01-02T03:04:05.000Z",
    finishedAt: "2026-01-02T03:04:15.000Z",
  });
});

test("lasts until the last answer when that came late", () => {
  const data = summary({
    answer_time: { "p(50)": 1, "p(95)": 1, "p(99)": 1 },
    measured_requests: { count: 100 },
    last_answer: { max: began + 20_000 },
  });
  const { rps, finishedAt } = measurement(data, plan, began);
  assert.is(rps, 5);
  assert.is(finishedAt, "2026-01-02T03:04:25.000Z");
});

test("has no latency when nothing was answered", () => {
  const data = summary({ measured_requests: { count: 5 }, measured_errors: { count: 5 } });
  const { latency, rps, requests, errors } = measurement(data, plan, began);
  assert.equal([latency, rps, requests, errors], [undefined, 0, 5, 5]);
});

test("is there when nothing was asked", () => {
  const { latency, rps, requests, commonestFailure } = measurement(summary({}), plan, began);
  assert.equal([latency, rps, requests, commonestFailure], [undefined, 0, 0, undefined]);
});

test("began when the load did, which may be later than planned", () => {
  const data = summary({ measurement_began: { min: began + 700, max: began + 700, value: 1 } });
  assert.is(measurement(data, plan, began).startedAt, "2026-01-02T03:04:05.700Z");
});

test("of a script lasts until its last answer", () => {
  const data = summary({ measured_requests: { count: 100 }, last_answer: { max: began + 4000 } });
  const { rps, finishedAt } = measurement(data, plan, began, true);
  assert.equal([rps, finishedAt], [25, "2026-01-02T03:04:09.000Z"]);
  assert.is(measurement(summary({}), plan, began, true).rps, 0);
});

test("does not count requests that were dropped in a warm-up", () => {
  const data = summary({
    dropped_iterations: { count: 9 },
    "dropped_iterations{scenario:benchmark}": { count: 2 },
  });
  assert.is(measurement(data, plan, began).dropped, 2);
  assert.is(measurement(data, plan, began, true).dropped, 9);
});

test("says how late the requests of a rate were", () => {
  const data = summary({ start_lateness: { "p(50)": 0, "p(95)": 1.5, "p(99)": 3 } });
  assert.is(measurement(data, plan, began).lateness, 1.5);
  assert.is(measurement(summary({}), plan, began).lateness, undefined);
});

for (const words of [
  "long ".repeat(2000),
  "é".repeat(1000),
  "😀".repeat(1000),
  "\n".repeat(1000),
]) {
  test(`cuts a long failure of ${JSON.stringify(words.slice(0, 2))} to 200 bytes`, () => {
    const data = summary({ measured_requests: { count: 1 } }, [[words, 1]]);
    const { commonestFailure = "" } = measurement(data, plan, began);
    const bytes = Buffer.byteLength(JSON.stringify(commonestFailure));
    assert.ok(bytes <= 200 && bytes > 90, `${bytes} bytes`);
  });
}

test.run();
