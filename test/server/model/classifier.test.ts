import * as assert from "uvu/assert";
import { intentClassifier } from "../../../server/src/model/classifier.ts";
import type { Description } from "../../../server/src/model/model.ts";
import { suite } from "../../support/suite.ts";

const test = suite("classifier");

const metadata = {
  task: "intent-classification",
  labels: '["yes", "no"]',
  languages: '["fr-FR"]',
};

const description: Description = {
  name: "test",
  sha256: "",
  sizeBytes: 0,
  inputs: [{ name: "text", datatype: "BYTES", shape: [-1] }],
  outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 2] }],
  unusable: [],
  opset: 21,
  metadata: new Map(Object.entries(metadata)),
};

const withMetadata = (changes: Record<string, string>) => ({
  metadata: new Map(Object.entries({ ...metadata, ...changes })),
});

test("a model whose task is intent classification is one", () => {
  assert.equal(intentClassifier(description), {
    labels: ["yes", "no"],
    languages: ["fr-FR"],
    input: description.inputs[0],
    output: "probabilities",
  });
});

test("a model with another task or none is not", () => {
  for (const metadata of [new Map(), new Map([["task", "regression"]])]) {
    assert.is(intentClassifier({ ...description, metadata }), undefined);
  }
});

const input = /needs exactly one input, strings of the shape/;
const output = /with 2 labels needs an output "probabilities", floats of the shape \[N, 2\]/;
const [text] = description.inputs as [Description["inputs"][0]];

const lacking: [what: string, change: Partial<Description>, sentence: RegExp][] = [
  ["two inputs", { inputs: [text, { ...text, name: "b" }] }, input],
  ["no input", { inputs: [] }, input],
  ["an input of numbers", { inputs: [{ ...text, datatype: "FP32" }] }, input],
  ["two texts per row", { inputs: [{ ...text, shape: [-1, 2] }] }, input],
  ["any number of texts per row", { inputs: [{ ...text, shape: [-1, -1] }] }, input],
  ["a scalar for a text", { inputs: [{ ...text, shape: [] }] }, input],
  ["no probabilities", { outputs: [] }, output],
  [
    "a label too few",
    { outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 1] }] },
    output,
  ],
  [
    "text for a probability",
    { outputs: [{ name: "probabilities", datatype: "BYTES", shape: [-1, 2] }] },
    output,
  ],
  [
    "labels that are not JSON",
    withMetadata({ labels: "yes, no" }),
    /needs "labels" in metadata_props/,
  ],
  [
    "labels that are numbers",
    withMetadata({ labels: "[1, 2]" }),
    /needs "labels" in metadata_props/,
  ],
  ["no languages", withMetadata({ languages: "" }), /needs "languages" in metadata_props/],
];

for (const [what, change, sentence] of lacking) {
  test(`one with ${what} is refused`, () => {
    assert.throws(() => intentClassifier({ ...description, ...change }), sentence);
  });
}

test.run();
