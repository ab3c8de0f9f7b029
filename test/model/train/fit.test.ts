import * as assert from "uvu/assert";
import { fit, scores, shippedSettings } from "../../../model/src/train/fit.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the trainer");
const labels = ["vol", "train"];
const examples = [
  ["vol", "un vol pour Rome"],
  ["vol", "un vol pour Nice"],
  ["vol", "le vol de demain"],
  ["vol", "un vol demain"],
  ["train", "un train pour Rome"],
  ["train", "un train pour Nice"],
  ["train", "le train de demain"],
  ["train", "un train demain"],
].map(([intent, sentence]) => ({ intent: intent!, sentence: sentence! }));

test("keeps the n-grams that tell labels apart when it may not keep all", () => {
  const all = fit(examples, labels, shippedSettings);
  const few = fit(examples, labels, { ...shippedSettings, heaviest: 20 });
  assert.ok(all.grams.length > 20);
  assert.is(few.grams.length, 20);
  assert.equal([...few.places.keys()], few.grams);
  assert.ok(few.grams.includes(" vol ") && !few.grams.includes(" demain "), String(few.grams));
  assert.ok(few.grams.every((gram, i) => i === 0 || gram.length >= few.grams[i - 1]!.length));
  for (const [label, sentence] of ["vol demain", "train pour Lyon"].entries()) {
    const found = scores(few, sentence);
    assert.ok(found[label]! > found[1 - label]!, sentence);
  }
});

test.run();
