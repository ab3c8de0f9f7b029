import * as assert from "uvu/assert";
import {
  betweenGenerators,
  comparisons,
  fromKnown,
  isWithin,
  type Tolerance,
} from "../../../../tools/bench/generator/comparison.ts";
import type { Run } from "../../../../tools/bench/generator/results.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("The comparison");

for (const [figure, other, tolerance, within] of [
  [110, 100, betweenGenerators, true],
  [90, 100, betweenGenerators, true],
  [110.1, 100, betweenGenerators, false],
  [89.9, 100, betweenGenerators, false],
  [3, 2, betweenGenerators, true],
  [1, 2, betweenGenerators, true],
  [3.1, 2, betweenGenerators, false],
  [105, 100, fromKnown, true],
  [94.9, 100, fromKnown, false],
  [Number.NaN, 100, betweenGenerators, false],
] as [number, number, Tolerance, boolean][]) {
  test(`${figure} ${within ? "is" : "is not"} within ${JSON.stringify(tolerance)} of ${other}`, () => {
    assert.is(isWithin(figure, other, tolerance), within);
  });
}

const good = { p50: 140, p95: 230, p99: 238, rps: 200 };
const run = (ours: object = {}, theirs: object = {}): Run => ({
  round: 1,
  server: "delays",
  load: "rate",
  seconds: 20,
  loadAverage: 1,
  ours: { ...good, ...ours },
  theirs: { ...good, ...theirs },
});
const { ours: _, theirs: __, ...noFigures } = run();
const failed: Run = { ...noFigures, failure: "refused" };
const found = (runs: Run[], figure: string) =>
  comparisons(runs).find((comparison) => comparison.figure === figure)!;

test("is of all figures of a load", () => {
  const all = comparisons([run()]);
  assert.equal(
    all.map(({ figure, agree }) => [figure, agree]),
    Object.keys(good).map((figure) => [figure, true]),
  );
});

test("is of the medians, and knows the least and the greatest", () => {
  const { ours, agree } = found([run({ p99: 900 }), run({ p99: 240 }), run({ p99: 230 })], "p99");
  assert.equal([ours, agree], [{ least: 230, median: 240, most: 900 }, true]);
});

test("allows latencies a millisecond, but not answers per second one", () => {
  const runs = [run({ p50: 1.9, rps: 3.9 }, { p50: 1, rps: 3 })];
  assert.is(found(runs, "p50").agree, true);
  assert.is(found(runs, "rps").agree, false);
});

test("is with what is known as well, from each generator", () => {
  const runs = [run({ p95: 245 }, { p95: 240 })];
  assert.equal(found(runs, "p95").known, { value: 230, ours: false, theirs: true });
  assert.is(found(runs, "rps").known!.value, 200);
});

test("knows nothing of a model, and no rate of users", () => {
  const model: Run = { ...run(), server: "model" };
  assert.is(found([model], "p50").known, undefined);
  assert.is(found([model], "rps").known, undefined);
  const users: Run = { ...run(), load: "users" };
  assert.is(found([users], "rps").known, undefined);
  assert.is(found([users], "p50").known!.value, 140);
});

test("leaves out a load without a valid round", () => {
  assert.equal(comparisons([failed]), []);
});

test("leaves out a round that failed", () => {
  assert.is(found([run(), failed, run()], "p50").theirs.median, 140);
});

test.run();
