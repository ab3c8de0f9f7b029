import * as assert from "uvu/assert";
import { report } from "../../../../tools/bench/generator/report.ts";
import type { Run, Series } from "../../../../tools/bench/generator/results.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("The report of the comparison");

const figures = { p50: 1, p95: 2, p99: 3, rps: 3.3 };
const run: Run = {
  round: 1,
  server: "model",
  load: "users",
  seconds: 40,
  loadAverage: 1.5,
  ours: figures,
  theirs: { ...figures, p99: 4.5, net: { p50: 0.5, p95: 1, p99: 1.5 } },
};

function series(runs: Run[]): Series {
  const versions = { node: "v24.0.0", go: "go1.26.8", python: "Python 3.11.7" };
  return {
    measuredAt: "2026-11-25T22:00:00.000Z",
    commit: "1234567",
    machine: "a machine",
    versions: { ...versions, vegeta: "v12.13.0", locust: "2.47.0", k6: "v2.0.0" },
    rounds: 1,
    runs,
  };
}

const row = (text: string, figure: string) =>
  text.split("\n").find((line) => line.includes(`| ${figure} |`));

test("has both generators, their difference and whether it is small enough in a row", () => {
  const text = report(series([run]));
  assert.is(
    row(text, "P99, ms"),
    "| Users, 10 who think for 1 to 5 s | P99, ms | 3.00 (3.00–3.00) | locust: 4.50 (4.50–4.50) " +
      "| −1.50, 33.3 % | **no** |",
  );
  assert.match(row(text, "P95, ms") ?? "", /\+0.00, 0.0 % \| yes \|$/);
  assert.match(text, "3 of 4 figures are within 10 % or 1 ms");
});

test("has what is known of the delays", () => {
  const text = report(series([{ ...run, server: "delays" }]));
  assert.match(row(text, "P50, ms") ?? "", /\| 140.00 \| \*\*no\*\* \| \*\*no\*\* \|$/);
  assert.match(row(text, "answers/s") ?? "", /\|  \|  \|  \|$/);
});

test("says what the machine did, and what Locust's latency is without its own time", () => {
  const text = report(series([run, { ...run, round: 2, loadAverage: 4 }]));
  assert.match(text, "a machine; load average 1.5 to 4.0");
  assert.match(text, "40 s of Users");
  assert.match(text, "its percentiles are 0.50 / 1.00 / 1.50 ms");
});

test("says which round is void, and why", () => {
  const { ours: _, theirs: __, ...rest } = run;
  const text = report(series([run, { ...rest, round: 2, failure: "status\n503" }]));
  assert.match(text, /^- The model server .*, users, round 2: void. status 503$/m);
});

test.run();
