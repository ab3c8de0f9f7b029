import * as assert from "uvu/assert";
import { confusions, metrics } from "../../model/src/metrics.ts";
import { picture } from "../../model/src/picture.ts";
import { report } from "../../model/src/report.ts";
import { suite } from "../support/suite.ts";

const test = suite("the figures");
const answers = [
  { sentence: "un", target: 0, probabilities: [0.9, 0.1] },
  { sentence: "deux", target: 0, probabilities: [0.2, 0.8] },
  { sentence: "trois", target: 1, probabilities: [0.4, 0.6] },
  { sentence: "quatre", target: 1, probabilities: [0.3, 0.7] },
];

test("are those worked out by hand", () => {
  const found = metrics(answers, ["a", "b"]);
  assert.is(found.accuracy, 0.75);
  assert.equal(found.confusion, [
    [1, 1],
    [0, 2],
  ]);
  assert.is(found.labels[0]!.precision, 1);
  assert.is(found.labels[0]!.recall, 0.5);
  assert.ok(Math.abs(found.macroF1 - (2 / 3 + 0.8) / 2) < 1e-12);
  assert.ok(Math.abs(found.calibrationError - (0.1 + 0.8 + 0.4 + 0.3) / 4) < 1e-12);
  assert.equal(confusions(found), [{ from: 0, to: 1, count: 1 }]);
  assert.equal(
    found.mistakes.map(({ sentence }) => sentence),
    ["deux"],
  );
});

test("leave a label that nobody asked for out of the mean", () => {
  const found = metrics(answers, ["a", "b", "c"]);
  assert.ok(Math.abs(found.macroF1 - (2 / 3 + 0.8) / 2) < 1e-12);
});

test("are told with the sentences that went wrong", () => {
  const text = report(metrics(answers, ["a", "b"]));
  assert.match(text, "4 sentences: accuracy 0.750, macro F1 0.733");
  assert.match(text, "1 of a taken for b");
  assert.match(text, "0.800  deux");
});

test("are drawn as a picture with a field for each pair of labels", () => {
  const drawn = picture(metrics(answers, ["a & b", "c"]));
  assert.is(drawn.match(/<rect /g)?.length, 1 + 4);
  assert.match(drawn, "a &amp; b");
});

test.run();
