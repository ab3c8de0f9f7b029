import * as assert from "uvu/assert";
import { seconds } from "../../benchmarks/scenarios/seconds.ts";
import { suite } from "../support/suite.ts";

const test = suite("A duration of k6");

for (const [duration, wanted] of [
  ["0s", 0],
  ["500ms", 0.5],
  ["1m30s", 90],
  ["1h0m1.5s", 3601.5],
  [2500, 2.5],
] as const) {
  test(`of ${duration} is ${wanted} s`, () => assert.is(seconds(duration), wanted));
}

test.run();
