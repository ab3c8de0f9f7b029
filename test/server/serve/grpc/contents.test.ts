import { status } from "@grpc/grpc-js";
import * as assert from "uvu/assert";
import type { Datatype } from "../../../../server/src/tensors/datatypes.ts";
import { grpcClient, type Message, type Reply } from "../../../support/grpc-client.ts";
import { withServer } from "../../../../tools/support/model-server.ts";
import { identity } from "../../../../tools/support/models.ts";
import type { ElementType } from "../../../../tools/support/onnx.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("gRPC contents");

/** What a model that answers its input makes of some contents. */
async function echo(
  type: ElementType,
  datatype: Datatype,
  contents: Message | undefined,
  raw?: Buffer,
): Promise<Reply> {
  let reply: Reply | undefined;
  const use = async ({ grpc }: { grpc: string | undefined }) => {
    const client = grpcClient(grpc);
    const [values] = Object.values(contents ?? {}) as [unknown[]?];
    const shape = [values?.length ?? 3];
    reply = await client.call("ModelInfer", {
      model_name: "test",
      inputs: [{ name: "x", datatype, shape, contents }],
      raw_input_contents: raw ? [raw] : [],
    });
    client.close();
  };
  await withServer(identity(type), use, { GRPC_PORT: "0" });
  return reply as Reply;
}

const kept: [type: ElementType, datatype: Datatype, contents: Message][] = [
  ["bool", "BOOL", { bool_contents: [true, false, true] }],
  ["int8", "INT8", { int_contents: [-128, 0, 127] }],
  ["int16", "INT16", { int_contents: [-32_768, 0, 32_767] }],
  ["int32", "INT32", { int_contents: [-(2 ** 31), 0, 2 ** 31 - 1] }],
  ["int64", "INT64", { int64_contents: ["-9223372036854775808", "0", "9223372036854775807"] }],
  ["uint8", "UINT8", { uint_contents: [0, 1, 255] }],
  ["uint16", "UINT16", { uint_contents: [0, 1, 65_535] }],
  ["uint32", "UINT32", { uint_contents: [0, 1, 2 ** 32 - 1] }],
  ["uint64", "UINT64", { uint64_contents: ["0", "9007199254740993", "18446744073709551615"] }],
  ["float", "FP32", { fp32_contents: [0.5, NaN, -Infinity] }],
  ["double", "FP64", { fp64_contents: [0.1, NaN, 1e300] }],
  ["string", "BYTES", { bytes_contents: ["", "é", "日本"].map((text) => Buffer.from(text)) }],
];

for (const [type, datatype, contents] of kept) {
  test(`keeps every bit of ${datatype}`, async () => {
    const { message, details } = await echo(type, datatype, contents);
    assert.is(details, "");
    assert.equal(message?.["outputs"], [{ name: "y", datatype, shape: ["3"], contents }]);
  });
}

test("takes and gives FP16 as bytes", async () => {
  const raw = Buffer.from(Uint16Array.of(0x3c00, 0x7c00, 0x0001).buffer);
  const { message } = await echo("float16", "FP16", undefined, raw);
  assert.equal(message?.["outputs"], [{ name: "y", datatype: "FP16", shape: ["3"] }]);
  assert.equal(message?.["raw_output_contents"], [raw]);
});

const refused: [type: ElementType, datatype: Datatype, contents: Message, says: RegExp][] = [
  ["int8", "INT8", { int_contents: [0, 128] }, /element 1 of data is 128; INT8 takes/],
  ["uint16", "UINT16", { uint_contents: [65_536] }, /element 0 of data is 65536; UINT16 takes/],
  ["float16", "FP16", { fp32_contents: [1] }, /is FP16; send its values in raw_input_contents/],
  ["string", "BYTES", { bytes_contents: [Buffer.of(0xff)] }, /element 0 that are not UTF-8/],
  ["string", "BYTES", { bytes_contents: [Buffer.of(0)] }, /without the character U\+0000/],
];

for (const [type, datatype, contents, says] of refused) {
  test(`refuses ${JSON.stringify(contents)} as ${datatype}`, async () => {
    const { code, details } = await echo(type, datatype, contents);
    assert.is(status[code], "INVALID_ARGUMENT");
    assert.match(details, says);
  });
}

test.run();
