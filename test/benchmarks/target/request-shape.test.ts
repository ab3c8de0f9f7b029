import * as assert from "uvu/assert";
import {
  problemIn,
  inference,
  request,
  type RequestShape,
} from "../../../benchmarks/scenarios/target/request-shape.ts";
import { suite } from "../../support/suite.ts";

const test = suite("A question");

const intent: RequestShape = { kind: "intent", url: "http://m/api/intent" };
const metadata = {
  name: "m",
  inputs: [
    { name: "features", datatype: "FP32", shape: [-1, 2, 3] },
    { name: "ids", datatype: "INT64", shape: [4] },
    { name: "text", datatype: "BYTES", shape: [-1] },
    { name: "flag", datatype: "BOOL", shape: [1, 1] },
    { name: "scalar", datatype: "UINT8", shape: [] },
  ],
  outputs: [
    { name: "label", datatype: "BYTES", shape: [-1] },
    { name: "scores", datatype: "FP32", shape: [-1, 8] },
  ],
};
const generic = inference("http://m/v2/models/m", JSON.stringify(metadata));

test("to an intent classifier is a sentence of 20 letters, never the same twice", () => {
  const urls = Array.from({ length: 20 }, () => request(intent).url);
  for (const url of urls) assert.match(url, /^http:\/\/m\/api\/intent\?sentence=[a-z]{20}$/);
  assert.is(new Set(urls).size, urls.length);
});

test("to any other model has every input with its type and as many values as its shape", () => {
  const { method, url, body } = request(generic);
  assert.is(method, "POST");
  assert.is(url, "http://m/v2/models/m/infer");
  const { inputs } = JSON.parse(body!) as { inputs: { data: unknown[]; [key: string]: unknown }[] };
  assert.equal(
    inputs.map(({ data, ...rest }) => ({ ...rest, values: data.length })),
    [
      { name: "features", datatype: "FP32", shape: [1, 2, 3], values: 6 },
      { name: "ids", datatype: "INT64", shape: [4], values: 4 },
      { name: "text", datatype: "BYTES", shape: [1], values: 1 },
      { name: "flag", datatype: "BOOL", shape: [1, 1], values: 1 },
      { name: "scalar", datatype: "UINT8", shape: [], values: 1 },
    ],
  );
  const [features, ids, text, flag, scalar] = inputs.map(({ data }) => data);
  assert.ok(features?.every((value) => typeof value === "number" && value >= 0 && value < 1));
  assert.ok([...ids!, ...scalar!].every((value) => value === 0 || value === 1));
  assert.match(String(text?.[0]), /^[a-z]{20}$/);
  assert.type(flag?.[0], "boolean");
});

for (const text of ["<html>", "{}", '{"inputs":[],"outputs":[]}', "null"]) {
  test(`is not known when the metadata is ${text}`, () => {
    assert.equal(inference("http://m", text), { kind: "unknown", url: "http://m" });
  });
}

const output = (name: string) => ({ name, datatype: "FP32", shape: [1], data: [1] });
const answers: [string, RequestShape, string, string | undefined][] = [
  ["probabilities of sum 1", intent, '[{"probability":0.25},{"probability":0.75}]', undefined],
  ["rounded ones", intent, '[{"probability":0.333},{"probability":0.666}]', undefined],
  ["half of them", intent, '[{"probability":0.5}]', "the probabilities do not add up to 1"],
  ["other objects", intent, '[{"a":1}]', "the probabilities do not add up to 1"],
  ["an empty list", intent, "[]", "the answer is not a list of intents"],
  ["no list", intent, '{"intents":[]}', "the answer is not a list of intents"],
  ["text", intent, "hello", "the answer is not JSON"],
  [
    "all outputs",
    generic,
    JSON.stringify({ outputs: [output("scores"), output("label")] }),
    undefined,
  ],
  [
    "one output",
    generic,
    JSON.stringify({ outputs: [output("label")] }),
    "output scores is missing",
  ],
  [
    "an output without data",
    generic,
    JSON.stringify({ outputs: [output("label"), { name: "scores" }] }),
    "output scores is missing",
  ],
  ["no outputs", generic, "{}", "the answer has no outputs"],
  ["null", generic, "null", "the answer has no outputs"],
  [
    "anything at all",
    { kind: "unknown", url: "http://m" },
    "{}",
    "the model did not describe its inputs",
  ],
];

for (const [what, question, body, wrong] of answers) {
  test(`to ${question.kind} ${wrong ? "is not" : "is"} answered by ${what}`, () => {
    assert.is(problemIn(question, body), wrong);
  });
}

test.run();
