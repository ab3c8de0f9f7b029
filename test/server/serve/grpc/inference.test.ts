import { status } from "@grpc/grpc-js";
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { grpcClient, type GrpcClient, type Message } from "../../../support/grpc-client.ts";
import { modelServer, type ModelServer } from "../../../../tools/support/model-server.ts";
import { linear } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("gRPC inference");
let server: ModelServer;
let client: GrpcClient;

test.before(async () => {
  server = await modelServer(linear(), { GRPC_PORT: "0" });
  client = grpcClient(server.grpc);
});

test.after(async () => {
  client.close();
  await server.end();
});

const input = (changes: Message = {}): Message => ({
  name: "x",
  datatype: "FP32",
  shape: [1, 4],
  contents: { fp32_contents: [1, 2, 3, 4] },
  ...changes,
});

const infer = (changes: Message = {}) =>
  client.call("ModelInfer", { model_name: "test", inputs: [input()], ...changes });

const outputs = (message: Message = {}) =>
  message["outputs"] as { contents: { fp32_contents: number[] } }[];

const bytes = (...numbers: number[]) => Buffer.from(new Float32Array(numbers).buffer);

test("says that the server and its model are live and ready", async () => {
  assert.equal((await client.call("ServerLive", {})).message, { live: true });
  assert.equal((await client.call("ServerReady", {})).message, { ready: true });
  assert.equal((await client.call("ModelReady", { name: "test" })).message, { ready: true });
  const versioned = await client.call("ModelReady", { name: "test", version: "1" });
  assert.equal(versioned.message, { ready: true });
});

test("says what the server is", async () => {
  const { message } = await client.call("ServerMetadata", {});
  assert.is(message?.["name"], "intendant");
  assert.match(String(message?.["version"]), /^\d+\.\d+\.\d+/);
});

test("says what the model takes and gives", async () => {
  assert.equal((await client.call("ModelMetadata", { name: "test" })).message, {
    name: "test",
    versions: ["1"],
    platform: "onnx_onnxv1",
    inputs: [{ name: "x", datatype: "FP32", shape: ["-1", "4"] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["-1", "3"] }],
  });
});

test("answers typed contents with typed contents, and repeats the id", async () => {
  assert.equal((await infer({ id: "seven" })).message, {
    model_name: "test",
    model_version: "1",
    id: "seven",
    outputs: [
      {
        name: "y",
        datatype: "FP32",
        shape: ["1", "3"],
        contents: { fp32_contents: [15, 26, 37] },
      },
    ],
  });
});

test("answers raw contents with raw contents", async () => {
  const { message } = await infer({
    inputs: [input({ shape: [2, 4], contents: undefined })],
    raw_input_contents: [bytes(1, 2, 3, 4, 0, 0, 0, 1)],
  });
  assert.equal(message?.["outputs"], [{ name: "y", datatype: "FP32", shape: ["2", "3"] }]);
  assert.equal(message?.["raw_output_contents"], [bytes(15, 26, 37, 11, 21, 31)]);
});

test("answers calls that come together each with its own", async () => {
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      infer({ inputs: [input({ contents: { fp32_contents: [index, 0, 0, 0] } })] }),
    ),
  );
  const first = replies.map(({ message }) => outputs(message)[0]?.contents.fp32_contents[0]);
  assert.equal(
    first,
    Array.from({ length: 50 }, (_, index) => 10 + index),
  );
});

const { INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED } = status;

const refused: [title: string, request: Message, code: status, says: RegExp][] = [
  ["another model", { model_name: "other" }, NOT_FOUND, /no model "other" here; .* "test"/],
  ["no model", { model_name: "" }, NOT_FOUND, /no model "" here/],
  ["another version", { model_version: "2" }, NOT_FOUND, /"test" has no version "2"/],
  ["no input", { inputs: [] }, INVALID_ARGUMENT, /Input "x" is missing/],
  ["an unknown input", { inputs: [input({ name: "z" })] }, INVALID_ARGUMENT, /the model has "x"/],
  ["an input twice", { inputs: [input(), input()] }, INVALID_ARGUMENT, /"x" is given twice/],
  ["an unknown output", { outputs: [{ name: "z" }] }, INVALID_ARGUMENT, /the model has "y"/],
  [
    "another datatype",
    { inputs: [input({ datatype: "INT32" })] },
    INVALID_ARGUMENT,
    /datatype "INT32"; the model takes FP32/,
  ],
  [
    "another shape",
    { inputs: [input({ shape: [1, 3] })] },
    INVALID_ARGUMENT,
    /shape \[1, 3\]; the model takes \[-1, 4\]/,
  ],
  [
    "a shape beyond all numbers",
    { inputs: [input({ shape: ["9223372036854775807", 4] })] },
    INVALID_ARGUMENT,
    /needs a shape/,
  ],
  ["a negative shape", { inputs: [input({ shape: [-1, 4] })] }, INVALID_ARGUMENT, /needs a shape/],
  [
    "too few values",
    { inputs: [input({ contents: { fp32_contents: [1] } })] },
    INVALID_ARGUMENT,
    /has 1 element; its shape \[1, 4\] needs 4/,
  ],
  [
    "values in the field of another datatype",
    { inputs: [input({ contents: { fp64_contents: [1, 2, 3, 4] } })] },
    INVALID_ARGUMENT,
    /needs 4 in contents.fp32_contents/,
  ],
  [
    "no values at all",
    { inputs: [input({ contents: undefined })] },
    INVALID_ARGUMENT,
    /or their bytes in raw_input_contents/,
  ],
  [
    "both kinds of contents",
    { raw_input_contents: [bytes(1, 2, 3, 4)] },
    INVALID_ARGUMENT,
    /send the values one way/,
  ],
  [
    "raw contents for nothing",
    { raw_input_contents: [bytes(1), bytes(2)] },
    INVALID_ARGUMENT,
    /1 inputs, but 2 raw_input_contents/,
  ],
  [
    "raw contents of another length",
    { inputs: [input({ contents: undefined })], raw_input_contents: [bytes(1)] },
    INVALID_ARGUMENT,
    /has 4 bytes; its shape \[1, 4\] needs 16/,
  ],
  [
    "a message above the limit of a body",
    { inputs: [input({ contents: undefined })], raw_input_contents: [Buffer.alloc(32 * 2 ** 20)] },
    RESOURCE_EXHAUSTED,
    /larger than max/,
  ],
];

for (const [title, request, code, says] of refused) {
  test(`refuses ${title}`, async () => {
    const reply = await infer(request);
    assert.is(status[reply.code], status[code]);
    assert.match(reply.details, says);
  });
}

test("refuses metadata and readiness of another model", async () => {
  assert.is((await client.call("ModelMetadata", { name: "other" })).code, NOT_FOUND);
  assert.is((await client.call("ModelReady", { name: "test", version: "2" })).code, NOT_FOUND);
});

for (const [algorithm, name] of [
  [1, "deflate"],
  [2, "gzip"],
]) {
  test(`takes messages that are compressed with ${name}, and no bombs`, async () => {
    const compressing = grpcClient(server.grpc, {
      "grpc.default_compression_algorithm": algorithm,
    });
    const good = await compressing.call("ModelInfer", { model_name: "test", inputs: [input()] });
    assert.is(status[good.code], "OK");
    const bomb = await compressing.call("ModelInfer", {
      model_name: "test",
      inputs: [input({ contents: undefined })],
      raw_input_contents: [Buffer.alloc(32 * 2 ** 20)],
    });
    assert.is(status[bomb.code], "RESOURCE_EXHAUSTED");
    compressing.close();
  });
}

test("goes on after a message that is above the limit", async () => {
  assert.is((await infer()).code, status.OK);
});

const anything = fc.record(
  {
    name: fc.constantFrom("x", "y", "", "__proto__"),
    datatype: fc.constantFrom("FP32", "BYTES", "INT64", "BF16", ""),
    shape: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), {
      maxLength: 3,
    }),
    contents: fc.record(
      {
        fp32_contents: fc.array(fc.float(), { maxLength: 5 }),
        int64_contents: fc.array(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)),
        bytes_contents: fc.array(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

test("is never at a loss, whatever comes", async () => {
  const allowed: number[] = [status.OK, status.INVALID_ARGUMENT];
  await fc.assert(
    fc.asyncProperty(
      fc.array(anything, { maxLength: 3 }),
      fc.array(fc.uint8Array()),
      async (inputs, raw) => {
        const { code } = await infer({
          inputs,
          raw_input_contents: raw.map((part) => Buffer.from(part)),
        });
        assert.ok(allowed.includes(code), status[code]);
      },
    ),
  );
});

test.run();
