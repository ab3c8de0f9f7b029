import * as fc from "fast-check";
import * as assert from "uvu/assert";
import type { Captured, RowSchema } from "../../../server/src/capture/messages.ts";
import { rowsOf } from "../../../server/src/capture/rows.ts";
import { tensor, type Tensors } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";

const test = suite("rows");

const form: RowSchema = { text: "sentence", classes: undefined, sha256: "ab" };
const classes = { output: "probabilities", labels: ["a", "b"] };

function request(inputs: Tensors, outputs?: Tensors): Captured {
  return { inputs, outputs, at: 1, microseconds: 2, isKept: true, rows: 1, bytes: 1 };
}

/** Also with what no request could have. */
const texts = (...data: string[]): Tensors => ({
  sentence: { datatype: "BYTES", shape: [data.length], data },
});

function answers(outputs: Tensors, form: RowSchema, ...sentences: string[]): unknown[] {
  const { rows } = rowsOf([request(texts(...sentences), outputs)], form, []);
  return rows.map(({ answer }) => (answer === null ? null : (JSON.parse(answer) as unknown)));
}

test("the answer of a classifier is its best label and the share of each", () => {
  const outputs = { probabilities: tensor("FP32", [2, 2], [0.25, 0.75, 1, 0]) };
  assert.equal(answers(outputs, { ...form, classes }, "un", "deux"), [
    { label: "b", probability: 0.75, probabilities: { a: 0.25, b: 0.75 } },
    { label: "a", probability: 1, probabilities: { a: 1, b: 0 } },
  ]);
});

test("other answers are the values of each output, one of them alone", () => {
  const outputs = {
    label: tensor("BYTES", [2], ["x", "y"]),
    vector: tensor("FP32", [2, 2], [1, 2, 3, NaN]),
  };
  outputs.vector.data[3] = NaN;
  assert.equal(answers(outputs, { ...form, classes }, "un", "deux"), [
    { label: "x", vector: [1, 2] },
    { label: "y", vector: [3, null] },
  ]);
});

test("outputs that are not one for each text are no answer to one of them", () => {
  const outputs = { total: tensor("INT64", [1], [7n]) };
  assert.equal(answers(outputs, form, "un", "deux"), [null, null]);
  assert.equal(answers(outputs, form, "un"), [{ total: 7 }]);
});

test("texts in tensors and in answers are redacted, too", () => {
  const inputs = { x: tensor("BYTES", [2], ["a@b.fr", "c"]), n: tensor("INT32", [1], [612345678]) };
  const outputs = { echo: tensor("BYTES", [1], ["06 12 34 56 78"]) };
  const { rows } = rowsOf([request(inputs, outputs)], { ...form, text: undefined }, [
    "EmailAddresses",
    "PhoneNumbers",
  ]);
  assert.equal(JSON.parse(rows[0]?.inputs ?? ""), [
    { name: "x", datatype: "BYTES", shape: [2], data: ["[email]", "c"] },
    { name: "n", datatype: "INT32", shape: [1], data: [612345678] },
  ]);
  assert.match(rows[0]?.answer ?? "", '"data":["[phone]"]');
});

const half = "\uD83D";

test("what PostgreSQL cannot store is dropped, and nothing else", () => {
  const { rows, dropped } = rowsOf([request(texts("a\0b", "bien", half, "\\u0000"))], form, []);
  assert.equal(
    rows.map(({ sentence }) => sentence),
    ["bien", "\\u0000"],
  );
  assert.equal(dropped, { text: 2 });
  for (const text of ["\0", half, `a${half}b`]) {
    const outcome = rowsOf([request(texts(text))], { ...form, text: undefined }, []);
    assert.equal(outcome, { rows: [], dropped: { text: 1 } });
  }
});

test("every text is a row or is counted", () => {
  const odd = fc.constantFrom("\0", half, "é", "🙂", "\\", '"', "\\u0000", "\\uD83D", "x");
  const text = fc.array(odd, { maxLength: 6 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), fc.boolean(), (data, isText) => {
      const wanted = { ...form, text: isText ? "sentence" : undefined };
      const { rows, dropped } = rowsOf([request(texts(...data))], wanted, []);
      const isBad = (part: string) => part.includes("\0") || !part.isWellFormed();
      const bad = isText ? data.filter(isBad).length : Number(data.some(isBad));
      assert.is(dropped.text ?? 0, bad);
      assert.is(rows.length, (isText ? data.length : 1) - bad);
    }),
  );
});

test.run();
