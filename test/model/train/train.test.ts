import * as assert from "uvu/assert";
import { cluster } from "../../../model/src/train/cluster.ts";
import { folds } from "../../../model/src/train/folds.ts";
import { minimize } from "../../../model/src/train/lbfgs.ts";
import { linear } from "../../../model/src/train/linear.ts";
import { softmax, temperature } from "../../../model/src/train/temperature.ts";
import { suite } from "../../support/suite.ts";

const test = suite("training");

test("finds the lowest point of a curved valley", () => {
  const rosenbrock = (at: Float64Array, gradient: Float64Array) => {
    const [x, y] = at as unknown as [number, number];
    gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
    gradient[1] = 200 * (y - x * x);
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
  };
  const found = minimize(rosenbrock, Float64Array.of(-1.2, 1), {
    iterations: 200,
    tolerance: 1e-8,
  });
  assert.ok(Math.abs(found[0]! - 1) < 1e-4 && Math.abs(found[1]! - 1) < 1e-4, String(found));
});

test("separates what can be separated", () => {
  const problem = {
    rows: {
      offsets: Int32Array.of(0, 1, 2, 3, 4),
      columns: Int32Array.of(0, 1, 0, 1),
      values: Float64Array.of(1, 1, 1, 1),
    },
    width: 2,
    targets: Int32Array.of(0, 1, 0, 1),
    classes: 2,
    importance: Float64Array.of(1, 1, 1, 1),
  };
  const { weights } = linear(problem, 1, 50);
  assert.ok(weights[0]! > weights[1]!);
  assert.ok(weights[3]! > weights[2]!);
});

test("replaces points by centres near them", () => {
  const { members, centres } = cluster(
    {
      values: Float64Array.of(0, 0, 0.1, 0, 5, 5, 5.1, 5),
      importance: Float64Array.of(1, 1, 1, 1),
      size: 2,
    },
    2,
  );
  assert.is(members[0], members[1]);
  assert.is(members[2], members[3]);
  assert.is.not(members[0], members[2]);
  assert.ok(Math.abs(centres[members[0]! * 2]! - 0.05) < 1e-9);
});

test("leaves no cluster without a member", () => {
  const { members, centres } = cluster(
    { values: Float64Array.of(1, 1, 1, 4), importance: Float64Array.of(1, 1, 1, 1), size: 1 },
    4,
  );
  assert.is(new Set(members).size, centres.length);
  assert.equal(
    Array.from(members, (member) => centres[member]),
    [1, 1, 1, 4],
  );
});

test("cools scores that are too sure, and warms those that are too shy", () => {
  const targets = [0, 0, 0, 1];
  const scores = targets.map(() => Float64Array.of(10, 0));
  const heat = temperature(scores, targets);
  assert.ok(Math.abs(softmax(Float64Array.of(10 / heat, 0))[0]! - 0.75) < 1e-3);
  const shy = targets.map(() => Float64Array.of(0.5, 0));
  assert.ok(temperature(shy, targets) < 1);
});

test("keeps sentences of one line in one fold, and spreads each label", () => {
  const examples = Array.from({ length: 100 }, (_, i) => ({
    intent: i % 2 === 0 ? "a" : "b",
    sentence: `${i}`,
    line: `line ${Math.floor(i / 10)}`,
  }));
  const found = folds(examples, 5);
  const keys = new Map<string, number>();
  examples.forEach(({ intent, line }, i) => {
    const key = intent + line;
    assert.is(keys.get(key) ?? found[i], found[i]);
    keys.set(key, found[i]!);
  });
  for (let fold = 0; fold < 5; fold++) {
    assert.is(found.filter((own, i) => own === fold && examples[i]!.intent === "a").length, 10);
  }
});

test.run();
