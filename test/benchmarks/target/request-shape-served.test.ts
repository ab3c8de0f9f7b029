import * as assert from "uvu/assert";
import {
  problemIn,
  inference,
  request,
} from "../../../benchmarks/scenarios/target/request-shape.ts";
import { identity, linear, sumAndDifference } from "../../../tools/support/models.ts";
import { withServer } from "../../../tools/support/model-server.ts";
import { suite } from "../../support/suite.ts";

const test = suite("A question that is made from the model's own metadata");

const integers = [
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "int8",
  "int16",
  "int32",
  "int64",
] as const;
const types = [...integers, "float16", "float", "double", "bool", "string"] as const;

const models: [string, Buffer][] = [
  ...types.map((type): [string, Buffer] => [type, identity(type)]),
  ["two free dimensions", identity("float", ["N", "M", 2])],
  ["a scalar", identity("int64", [])],
  ["a matrix", linear()],
  ["two inputs", sumAndDifference()],
];

for (const [what, model] of models) {
  test(`is answered by a model of ${what}`, async () => {
    await withServer(model, async ({ url }) => {
      const address = `${url}/v2/models/test`;
      const question = inference(address, await (await fetch(address)).text());
      assert.is(question.kind, "inference");
      const { method, url: asked, body } = request(question);
      const headers = { "content-type": "application/json" };
      const response = await fetch(asked, { method, headers, body });
      const answer = await response.text();
      assert.is(response.status, 200, answer);
      assert.is(problemIn(question, answer), undefined);
    });
  });
}

test.run();
