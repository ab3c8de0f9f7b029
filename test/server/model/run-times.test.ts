import * as assert from "uvu/assert";
import { RunTimes } from "../../../server/src/model/run-times.ts";
import { suite } from "../../support/suite.ts";

const test = suite("run times");

/** What is predicted after many runs of a model that takes 10 ms and 1 ms for each 100 bytes. */
function learnt(sizes: number[], times = new RunTimes()): RunTimes {
  for (let run = 0; run < 2000; run++) {
    const bytes = sizes[run % sizes.length] ?? 0;
    times.observe(bytes, 0.01 + bytes / 100_000);
  }
  return times;
}

const isNear = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 0.05 * expected, `${value} is not near ${expected}`);

test("without a run nothing is known", () => {
  assert.is(new RunTimes().predict(1000), 0);
});

test("runs of several sizes tell the fixed part from the growing one", () => {
  const times = learnt([100, 400, 1600]);
  isNear(times.predict(0), 0.01);
  isNear(times.predict(800), 0.018);
  isNear(times.predict(800, 3), 0.038);
  isNear(times.sizeWithin(0.018), 800);
});

test("runs of one size are predicted well, whatever their parts are", () => {
  isNear(learnt([700]).predict(700), 0.017);
});

test("one slow run says little", () => {
  const times = learnt([100]);
  times.observe(100, 1);
  assert.ok(times.predict(100) < 0.015);
});

test("a trend is followed", () => {
  const times = learnt([100]);
  for (let run = 0; run < 50; run++) times.observe(100, 0.2);
  isNear(times.predict(100), 0.2);
});

test("two runs are enough to begin with", () => {
  const times = new RunTimes();
  times.calibrate({ bytes: 4, seconds: 0.02 }, { bytes: 16, seconds: 0.026 });
  isNear(times.predict(4), 0.02);
  isNear(times.predict(32), 0.034);
});

const odd: [name: string, large: number, alone: number][] = [
  ["less than a small one", 0.01, 0.02],
  ["more than in proportion", 0.2, 0.08],
];

for (const [name, large, expected] of odd) {
  test(`a large run that took ${name} is noise`, () => {
    const times = new RunTimes();
    times.calibrate({ bytes: 4, seconds: 0.02 }, { bytes: 16, seconds: large });
    isNear(times.predict(16), expected);
  });
}

test("inputs without bytes do no harm", () => {
  const times = new RunTimes();
  times.calibrate({ bytes: 0, seconds: 0.02 }, { bytes: 0, seconds: 0.02 });
  times.observe(0, 0.02);
  isNear(times.predict(0), 0.02);
});

test.run();
