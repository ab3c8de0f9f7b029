import * as assert from "uvu/assert";
import { ask } from "../../support/ask.ts";
import { withServer } from "../../../tools/support/model-server.ts";
import { identity } from "../../../tools/support/models.ts";
import type { ElementType } from "../../../tools/support/onnx.ts";
import type { Problem } from "../../../server/src/contract/problem.ts";
import { suite } from "../../support/suite.ts";

const test = suite("datatypes");

/** Data as JSON text, which a model that answers its input has to give back literally. */
const carried: [type: ElementType, datatype: string, data: string][] = [
  ["bool", "BOOL", "[true,false]"],
  ["uint8", "UINT8", "[0,255]"],
  ["uint16", "UINT16", "[0,65535]"],
  ["uint32", "UINT32", "[0,4294967295]"],
  ["uint64", "UINT64", "[9007199254740993,18446744073709551615]"],
  ["int8", "INT8", "[-128,127]"],
  ["int16", "INT16", "[-32768,32767]"],
  ["int32", "INT32", "[-2147483648,2147483647]"],
  ["int64", "INT64", "[-9223372036854775808,9223372036854775807]"],
  ["float16", "FP16", "[-65504,0.333251953125]"],
  ["float", "FP32", "[-0.5,0.3333333432674408]"],
  ["double", "FP64", "[-0.1,1.7976931348623157e+308]"],
  ["string", "BYTES", '["À bientôt 👋","\\"\\\\\\n"]'],
];

for (const [type, datatype, data] of carried) {
  test(`${datatype} passes through a model unchanged`, async () => {
    await withServer(identity(type), async (server) => {
      const url = `${server.url}/v2/models/test`;
      const { inputs } = (await ask(url)).body as { inputs: unknown };
      assert.equal(inputs, [{ name: "x", datatype, shape: [-1] }]);
      const input = `{"name":"x","datatype":"${datatype}","shape":[2],"data":${data}}`;
      const response = await fetch(`${url}/infer`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: `{"inputs":[${input}]}`,
      });
      const output = input.replace('"x"', '"y"');
      const expected = `{"model_name":"test","model_version":"1","outputs":[${output}]}`;
      assert.is(await response.text(), expected);
    });
  });
}

test("a model with a datatype that the protocol does not know is not served", async () => {
  await withServer(identity("complex64"), async (server) => {
    const { status, body } = await ask(`${server.ops}/readyz`);
    assert.is(status, 503);
    assert.match((body as Problem).message, "complex64");
  });
});

test.run();
