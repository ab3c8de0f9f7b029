import * as assert from "uvu/assert";
import { sliceSize } from "../../../server/src/enrich/slices.ts";
import { suite } from "../../support/suite.ts";

const test = suite("enrich/slices");

const rows = (count: number, bytes = 60) =>
  Array.from({ length: count }, (_, index) => ({ id: String(index), bytes }));

const cases: [
  title: string,
  waiting: number,
  bytes: number,
  pace: number | undefined,
  size: number,
][] = [
  ["few at first", 5000, 60, undefined, 16],
  ["all, when there are few", 7, 60, undefined, 7],
  ["many for a fast model", 5000, 60, 0.00001, 512],
  ["as many as half a second allows", 5000, 60, 0.01, 50],
  ["one for a model that takes seconds", 5000, 60, 3, 1],
  ["no more text than a mebibyte", 5000, 300_000, 0.00001, 3],
  ["one sentence that alone has more", 5000, 2_000_000, 0.00001, 1],
  ["none of none", 0, 60, 0.01, 0],
];
for (const [title, waiting, bytes, pace, size] of cases) {
  test(`gives a run ${title}`, () => assert.is(sliceSize(rows(waiting, bytes), pace), size));
}

test.run();
