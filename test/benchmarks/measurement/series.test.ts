import * as assert from "uvu/assert";
import type { Bucket } from "../../../benchmarks/contract.ts";
import {
  bucketAt,
  bucketCount,
  growth,
  series,
} from "../../../benchmarks/scenarios/measurement/series.ts";
import { suite } from "../../support/suite.ts";

const test = suite("A series");

test("has buckets of a second or more, and at most 30", () => {
  assert.equal([0.5, 1, 5.9, 30, 60, 3600].map(bucketCount), [1, 1, 5, 30, 30, 30]);
});

test("counts a request where it began, and a late one in the last bucket", () => {
  assert.equal(
    [-0.01, 0, 1.99, 2, 59.9, 60, 61].map((elapsed) => bucketAt(elapsed, 60)),
    [0, 0, 0, 1, 29, 29, 29],
  );
});

test("has percentiles of four digits, and none where nothing was answered", () => {
  const count = (count: number) => ({ values: { count } });
  const metrics = {
    "answer_time{bucket:0}": { values: { "p(50)": 1.23456, "p(95)": 98.7654, "p(99)": 12345.6 } },
    "measured_requests{bucket:0}": count(10),
    "measured_errors{bucket:0}": count(1),
    "measured_requests{bucket:1}": count(3),
    "measured_errors{bucket:1}": count(3),
  };
  assert.equal(series({ metrics, root_group: { checks: [] } }, 2), {
    seconds: 1,
    buckets: [
      [1.235, 98.77, 12350, 10, 1],
      [null, null, null, 3, 3],
    ],
  });
});

const growing = (medians: (number | null)[]) =>
  growth({ seconds: 1, buckets: medians.map((p50): Bucket => [p50, p50, p50, 1, 0]) });

test("grows by the share of the requests that were left lying", () => {
  // A tenth more than it can do, for six seconds: each second adds 100 ms.
  assert.is(growing([50, 150, 250, 350, 450, 550]), 0.1);
});

test("does not grow when it is steady, nor by one odd second", () => {
  assert.is(growing([7, 7, 7, 7, 7]), 0);
  assert.ok(growing([7, 7, 7, 70, 7]) < 0.01);
  assert.is(growing([7]), 0);
});

test.run();
