import * as assert from "uvu/assert";
import { safeParse, type GenericSchema, type InferOutput } from "valibot";
import { captureStatus, modelStatus, notReady } from "../../../server/src/contract/ops-schemas.ts";
import { suite } from "../../support/suite.ts";

const test = suite("The answers of the ops port");

/** A value as a reader gets it; undefined where the schema refuses it. */
const reader =
  <Schema extends GenericSchema>(schema: Schema) =>
  (value: unknown): InferOutput<Schema> | undefined => {
    const { success, output } = safeParse(schema, value);
    return success ? output : undefined;
  };
const readModel = reader(modelStatus);
const readCapture = reader(captureStatus);

const said = {
  sha256: "ab".repeat(32),
  sizeBytes: 1000,
  inputs: [{ name: "sentence", datatype: "BYTES", shape: [-1, 1] }],
  outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 8] }],
  opset: 17,
  labels: ["yes", "no"],
  loadSeconds: 0.1,
  memory: { atRest: 100e6, peak: 130e6 },
};
const { sha256, outputs } = said;
const annotator = { sha256, enriched: 7000, pending: 1000, rate: 5200.5 };

for (const node of [null, {}, { cpu: 7 }, { cpu: "" }]) {
  test(`takes no processor from ${JSON.stringify(node)}`, () => {
    const found = readModel({ ...said, node });
    assert.equal([found?.sha256, found?.node], [sha256, undefined]);
  });
}

const malformed: [title: string, change: object][] = [
  ["no digest", { sha256: undefined }],
  ["a digest that is none", { sha256: "abc" }],
  ["no inputs", { inputs: undefined }],
  ["an input without a name", { inputs: [{ datatype: "FP32", shape: [1] }] }],
  ["an input without a type", { inputs: [{ name: "x", shape: [1] }] }],
  ["half a dimension", { inputs: [{ name: "x", datatype: "FP32", shape: [0.5] }] }],
  ["two outputs of one name", { outputs: [...outputs, ...outputs] }],
];
for (const [title, change] of malformed) {
  test(`takes no description with ${title}, which the API server would refuse`, () => {
    assert.is(readModel({ ...said, ...change }), undefined);
  });
}

const odd: [title: string, change: object, field: "opset" | "labels" | "loadSeconds"][] = [
  ["half an opset", { opset: 17.5 }, "opset"],
  ["no opset", { opset: undefined }, "opset"],
  ["labels that are numbers", { labels: [1, 2] }, "labels"],
  ["a label as long as a book", { labels: ["x".repeat(257)] }, "labels"],
  ["a negative time", { loadSeconds: -1 }, "loadSeconds"],
  ["a time in words", { loadSeconds: "long" }, "loadSeconds"],
];
for (const [title, change, field] of odd) {
  test(`leaves out ${title}, and nothing else`, () => {
    const found = readModel({ ...said, ...change });
    assert.is(found?.[field], undefined);
    assert.is(found?.sha256, sha256);
  });
}

test("takes no memory but in whole bytes, and at most a hundred labels", () => {
  const labels = Array.from({ length: 101 }, (_, index) => `label ${index}`);
  const memory = { atRest: null, peak: "much" };
  const found = readModel({ ...said, labels, memory });
  assert.equal(found?.memory, { atRest: undefined, peak: undefined });
  assert.is(found?.labels?.length, 100);
  assert.is(readModel({ ...said, memory: null })?.sha256, sha256);
});

const whole = {
  state: "Connected",
  captured: 12345,
  sentences: 8000,
  dropped: 2,
  annotators: [annotator],
};

test("is what a server says", () => {
  assert.equal(readCapture(whole), whole);
});

test("goes without numbers that are not known", () => {
  const said = { state: "DatabaseUnreachable", message: "connect ECONNREFUSED\n 10.0.0.1:5432" };
  assert.equal(readCapture(said), {
    state: "DatabaseUnreachable",
    message: "connect ECONNREFUSED 10.0.0.1:5432",
    annotators: [],
  });
});

const strange: [
  title: string,
  said: Record<string, unknown>,
  part: Record<string, unknown> | undefined,
][] = [
  ["no state", {}, undefined],
  ["a state that there is not", { state: "Fine" }, undefined],
  ["a state of the operator's own", { state: "Off" }, undefined],
  ["a number below zero", { ...whole, captured: -1 }, { captured: undefined }],
  ["a fraction of a request", { ...whole, dropped: 0.5 }, { dropped: undefined }],
  ["a number as a word", { ...whole, sentences: "8000" }, { sentences: undefined }],
  ["more than can be counted", { ...whole, captured: 2 ** 60 }, { captured: undefined }],
  ["a message that is none", { ...whole, message: { a: 1 } }, { state: "Connected" }],
  ["annotators that are none", { ...whole, annotators: "many" }, { annotators: [] }],
  [
    "an annotator of null",
    { ...whole, annotators: [null, annotator] },
    { annotators: [annotator] },
  ],
  [
    "a digest that is none",
    { ...whole, annotators: [{ ...annotator, sha256: "abc" }] },
    { annotators: [] },
  ],
  ["an annotator that does not count", { ...whole, annotators: [{ sha256 }] }, { annotators: [] }],
  [
    "a rate that is none",
    { ...whole, annotators: [{ ...annotator, rate: "fast" }] },
    { annotators: [{ ...annotator, rate: 0 }] },
  ],
  [
    "the annotator in use",
    { ...whole, annotators: [{ ...annotator, active: true }] },
    { annotators: [{ ...annotator, active: true }] },
  ],
];

for (const [title, said, part] of strange) {
  test(`survives ${title}`, () => {
    const report = readCapture(said);
    if (!part) return assert.is(report, undefined);
    for (const [field, value] of Object.entries(part)) {
      assert.equal(report?.[field as keyof typeof report], value, field);
    }
  });
}

test("looks at no more than a hundred annotators", () => {
  const annotators = Array.from({ length: 500 }, () => annotator);
  assert.is(readCapture({ ...whole, annotators })?.annotators.length, 100);
});

test("are a reason for programs and one line for people where a server is not ready", () => {
  const read = reader(notReady);
  const text = { reason: "DigestMismatch", message: `a\u0000\n${"b".repeat(1000)}` };
  assert.equal(read(text), { reason: text.reason, message: `a ${"b".repeat(598)}` });
  for (const reason of ["", "lower", "Two words", 7])
    assert.is(read({ ...text, reason }), undefined);
  for (const message of ["", "\n", undefined]) assert.is(read({ ...text, message }), undefined);
});

test.run();
