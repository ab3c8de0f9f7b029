import * as assert from "uvu/assert";
import { throttledShare } from "../../../benchmarks/scenarios/measurement/throttling.ts";
import { suite } from "../../support/suite.ts";

const test = suite("The share of throttled periods");

const version1 = (periods: number, throttled: number) =>
  `nr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_time 123\n`;
const version2 = (periods: number, throttled: number) =>
  `usage_usec 5\nuser_usec 3\nsystem_usec 2\n${version1(periods, throttled)}nr_bursts 0\n`;

const table: [string, string | undefined, string | undefined, number | undefined][] = [
  ["is what grew in between, in version 1", version1(10, 4), version1(110, 29), 0.25],
  ["and in version 2", version2(10, 4), version2(110, 29), 0.25],
  ["is nothing without a limit", version2(0, 0), version2(0, 0), 0],
  ["is not known without a reading", undefined, version2(1, 1), undefined],
  ["nor where the cgroup does not tell", "usage_usec 5\n", "usage_usec 6\n", undefined],
  ["nor when the counters went back", version1(10, 4), version1(3, 1), undefined],
];

for (const [what, before, after, wanted] of table) {
  test(what, () => assert.is(throttledShare(before, after), wanted));
}

test.run();
