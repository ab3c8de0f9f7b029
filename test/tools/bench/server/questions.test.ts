import * as assert from "uvu/assert";
import {
  greatest,
  intentQuestion,
  numbersQuestion,
  postedIntentQuestion,
  sentenceQuestion,
  winner,
} from "../../../../tools/bench/server/questions.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("questions");

test("a sentence is part of the query, whatever it has in it", () => {
  const { method, path, body } = intentQuestion("où & à 5 % ?", "find-train");
  assert.is(method, "GET");
  assert.is(path, "/api/intent?sentence=o%C3%B9%20%26%20%C3%A0%205%20%25%20%3F");
  assert.is(body, null);
});

test("a sentence is posted where the API takes JSON only", () => {
  const { method, path, body } = postedIntentQuestion("bonjour", "irrelevant");
  assert.equal([method, path, body], ["POST", "/api/intent", '{"sentence":"bonjour"}']);
});

test("the Open Inference Protocol is asked with one row", () => {
  const { path, body, winner } = numbersQuestion("tiny", [1, 2], 3);
  assert.is(path, "/v2/models/tiny/infer");
  assert.equal(JSON.parse(body ?? ""), {
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] }],
  });
  assert.is(winner, "3");
  assert.match(sentenceQuestion("m", "un vol", 0).body ?? "", /"BYTES".*\["un vol"\]/);
});

test("the most probable intent wins", () => {
  const answer = [
    { intent: "a", probability: 0.2 },
    { intent: "b", probability: 0.7 },
    { intent: "c", probability: 0.1 },
  ];
  assert.is(winner(JSON.stringify(answer)), "b");
});

test("the position of the greatest number wins", () => {
  assert.is(winner('{"outputs":[{"data":[-3,-1,-2]}]}'), "1");
  assert.is(greatest([0, 5, 5]), 1);
});

for (const answer of ["", "[]", "{}", '{"error":"busy"}', '{"outputs":[]}']) {
  test(`nothing wins in ${answer || "an empty answer"}`, () => {
    assert.throws(() => winner(answer));
  });
}

test.run();
