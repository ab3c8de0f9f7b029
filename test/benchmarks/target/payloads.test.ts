import * as assert from "uvu/assert";
import { readPayloads } from "../../../benchmarks/scenarios/target/payloads.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Payloads");

const input = { name: "x", datatype: "FP32", shape: [1], data: [1] };
const body = JSON.stringify({ inputs: [input] });
const some = JSON.stringify({ inputs: [input], outputs: [{ name: "y" }] });

test("are the sentences of a file of JSON lines", () => {
  const text = '{"sentence":"bonjour"}\n\n  {"sentence": "à demain"}\r\n';
  assert.equal(readPayloads(text, "/p"), [{ sentence: "bonjour" }, { sentence: "à demain" }]);
});

test("are bodies as they stand in the file, with the outputs they ask for", () => {
  assert.equal(readPayloads(`${body}\n${some}`, "/p"), [{ body }, { body: some, outputs: ["y"] }]);
});

const refused: [string, string, string][] = [
  ["an empty file", "\n", "/p has no payload; it needs one JSON object in each line"],
  ["what is not JSON", `${body}\n{"a`, '/p, line 2 is not a JSON object: {"a'],
  ["a number", "1", "/p, line 1 is not a JSON object: 1"],
  ["a list", "\n[]", '/p, line 2 has neither "sentence" nor "inputs": []'],
  ["no inputs", '{"inputs":[]}', '/p, line 1 has neither "sentence" nor "inputs": {"inputs":[]}'],
  ["an empty sentence", '{"sentence":""}', "/p, line 1: sentence must be a text that is not empty"],
  ["an input of null", '{"inputs":[null]}', "/p, line 1: inputs[0] has no name"],
  [
    "an input without data",
    `{"inputs":[${JSON.stringify(input)},{"name":"y","datatype":"INT8","shape":[1]}]}`,
    "/p, line 1: inputs[1] has no data",
  ],
  [
    "sentences among bodies",
    `${body}\n${body}\n{"sentence":"a"}`,
    "/p mixes sentences and inputs; payload 3 differs",
  ],
];

for (const [what, text, message] of refused) {
  test(`are refused for ${what}`, () => {
    assert.throws(
      () => readPayloads(text, "/p"),
      (error: Error) => error.message === message,
    );
  });
}

test.run();
