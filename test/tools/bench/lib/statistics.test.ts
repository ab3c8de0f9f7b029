import * as assert from "uvu/assert";
import { median, range, show } from "../../../../tools/bench/lib/statistics.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("statistics");

test("a range has the least and the greatest, whatever is missing", () => {
  assert.equal(range([3, undefined, 1, 2]), { least: 1, most: 3 });
});

test("nothing has no range", () => {
  assert.is(range([undefined]), undefined);
});

const shown: [number[], number, string][] = [
  [[1234.4, 2000], 0, "1,234–2,000"],
  [[1.004, 1.001], 2, "1.00"],
  [[0.5], 1, "0.5"],
  [[], 0, "–"],
];
for (const [values, decimals, text] of shown) {
  test(`${JSON.stringify(values)} is shown as ${text}`, () => {
    assert.is(show(range(values), decimals), text);
  });
}

for (const [values, middle] of [
  [[7], 7],
  [[3, 100, 1], 3],
  [[4, 1, 2, 100], 3],
] as [number[], number][]) {
  test(`${values.join(", ")} have the median ${middle}`, () => {
    assert.is(median(values), middle);
  });
}

test.run();
