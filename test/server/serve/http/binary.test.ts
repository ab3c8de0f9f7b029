import * as assert from "uvu/assert";
import { ask } from "../../../support/ask.ts";
import {
  modelServer,
  withServer,
  type ModelServer,
} from "../../../../tools/support/model-server.ts";
import { identity, sumAndDifference } from "../../../../tools/support/models.ts";
import type { ElementType } from "../../../../tools/support/onnx.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("binary tensors");
let server: ModelServer;

test.before(async () => {
  server = await modelServer(sumAndDifference());
});

test.after(() => server.end());

interface Output {
  name: string;
  parameters?: { binary_data_size: number };
  data?: unknown;
}

interface BinaryAnswer {
  status: number;
  type: string | null;
  json: { error?: string; id?: string; outputs?: Output[] };
  /** What stands behind the JSON; undefined when the answer is JSON alone. */
  binary: string | undefined;
}

/** Posts JSON and bytes behind it; bytes are in hexadecimal both ways. */
async function infer(
  url: string,
  json: unknown,
  bytes = "",
  changes: Record<string, string> = {},
): Promise<BinaryAnswer> {
  const head = Buffer.from(JSON.stringify(json));
  const response = await fetch(`${url}/v2/models/test/infer`, {
    method: "POST",
    headers: {
      "Content-Type": "application/octet-stream",
      "Inference-Header-Content-Length": String(head.length),
      ...changes,
    },
    body: Buffer.concat([head, Buffer.from(bytes.replaceAll(" ", ""), "hex")]),
  });
  const body = Buffer.from(await response.arrayBuffer());
  const length = response.headers.get("Inference-Header-Content-Length");
  const end = length === null ? body.length : Number(length);
  return {
    status: response.status,
    type: response.headers.get("Content-Type"),
    json: JSON.parse(body.subarray(0, end).toString()) as BinaryAnswer["json"],
    binary: length === null ? undefined : body.subarray(end).toString("hex"),
  };
}

const a = { name: "a", shape: [1, 2], datatype: "INT32" };
const b = { name: "b", shape: [1, 2], datatype: "INT32" };
const binary = (size: number) => ({ parameters: { binary_data_size: size } });
const onlySum = [{ name: "sum" }];
const sum = { name: "sum", datatype: "INT32", shape: [1, 2] };
const difference = { name: "difference", datatype: "INT32", shape: [1, 2] };
const sumBytes = "0b00000016000000";
const differenceBytes = "f7ffffffeeffffff";
const aBytes = "01000000 02000000";
const bBytes = "0a000000 14000000";

test("the server says that it knows the extension", async () => {
  const { body } = await ask(`${server.url}/v2`);
  assert.equal((body as { extensions: string[] }).extensions, ["binary_tensor_data"]);
});

test("binary inputs follow the JSON in the order of the request", async () => {
  const inputs = [
    { ...b, ...binary(8) },
    { ...a, ...binary(8) },
  ];
  const answer = await infer(server.url, { inputs }, `${bBytes} ${aBytes}`);
  assert.equal([answer.status, answer.type], [200, "application/json"]);
  assert.equal(answer.json.outputs, [
    { ...sum, data: [11, 22] },
    { ...difference, data: [-9, -18] },
  ]);
});

test("one input may be binary and another JSON", async () => {
  for (const inputs of [
    [
      { ...a, ...binary(8) },
      { ...b, data: [10, 20] },
    ],
    [
      { ...b, data: [[10, 20]] },
      { ...a, ...binary(8) },
    ],
  ]) {
    const { json } = await infer(server.url, { inputs, outputs: onlySum }, aBytes);
    assert.equal(json.outputs, [{ ...sum, data: [11, 22] }]);
  }
});

test("all outputs are binary when the request says so", async () => {
  const inputs = [
    { ...a, data: [1, 2] },
    { ...b, data: [10, 20] },
  ];
  const request = { id: "7", inputs, parameters: { binary_data_output: true } };
  const answer = await infer(server.url, request);
  assert.equal([answer.status, answer.type], [200, "application/octet-stream"]);
  assert.equal(answer.json, {
    model_name: "test",
    model_version: "1",
    id: "7",
    outputs: [
      { ...sum, ...binary(8) },
      { ...difference, ...binary(8) },
    ],
  });
  assert.is(answer.binary, sumBytes + differenceBytes);
});

test("a request of JSON alone may ask for binary outputs", async () => {
  const inputs = [
    { ...a, data: [1, 2] },
    { ...b, data: [10, 20] },
  ];
  const response = await fetch(`${server.url}/v2/models/test/infer`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ inputs, parameters: { binary_data_output: true } }),
  });
  assert.is(response.headers.get("Content-Type"), "application/octet-stream");
  assert.ok(Number(response.headers.get("Inference-Header-Content-Length")) > 0);
});

test("what is asked of one output counts more than what is asked of all", async () => {
  const inputs = [
    { ...a, ...binary(8) },
    { ...b, ...binary(8) },
  ];
  const outputs = [
    { name: "difference", parameters: { binary_data: false } },
    { name: "sum", parameters: { binary_data: true } },
  ];
  for (const parameters of [{}, { binary_data_output: true }]) {
    const answer = await infer(server.url, { inputs, outputs, parameters }, aBytes + bBytes);
    assert.equal(answer.json.outputs, [
      { ...difference, data: [-9, -18] },
      { ...sum, ...binary(8) },
    ]);
    assert.is(answer.binary, sumBytes);
  }
});

test("no rows are no bytes, both ways", async () => {
  const inputs = [
    { ...a, shape: [0, 2], ...binary(0) },
    { ...b, shape: [0, 2], ...binary(0) },
  ];
  const request = { inputs, outputs: [{ name: "sum", parameters: { binary_data: true } }] };
  const answer = await infer(server.url, request);
  assert.equal(answer.json.outputs, [{ ...sum, shape: [0, 2], ...binary(0) }]);
  assert.is(answer.binary, "");
});

const carried: [type: ElementType, datatype: string, bytes: string][] = [
  ["bool", "BOOL", "01 00"],
  ["uint8", "UINT8", "01 ff"],
  ["uint16", "UINT16", "0100 feff"],
  ["uint32", "UINT32", "01000000 feffffff"],
  ["uint64", "UINT64", "0100000000000000 feffffffffffffff"],
  ["int8", "INT8", "01 ff"],
  ["int16", "INT16", "0100 feff"],
  ["int32", "INT32", "01000000 feffffff"],
  ["int64", "INT64", "0100000000000000 feffffffffffffff"],
  ["float16", "FP16", "003c 007c"],
  ["float", "FP32", "0000803f 0000c07f"],
  ["double", "FP64", "000000000000f03f 00000000000000c0"],
  ["string", "BYTES", "00000000 06000000 c3a9 f09f918b"],
];

for (const [type, datatype, bytes] of carried) {
  test(`${datatype} passes through a model byte by byte`, async () => {
    await withServer(identity(type), async ({ url }) => {
      const hex = bytes.replaceAll(" ", "");
      const x = { name: "x", datatype, shape: [2], ...binary(hex.length / 2) };
      // The length of the id moves the numbers off the multiples of their size.
      for (const id of ["", "1", "12", "123"]) {
        const request = { id, inputs: [x], parameters: { binary_data_output: true } };
        const answer = await infer(url, request, hex);
        assert.equal(answer.json.outputs, [{ ...x, name: "y" }]);
        assert.is(answer.binary, hex);
      }
    });
  });
}

const both = [
  { ...a, ...binary(8) },
  { ...b, ...binary(8) },
];
const whole = aBytes + bBytes;

const refused: [what: string, inputs: unknown[], bytes: string, sentence: string][] = [
  [
    "a size that goes with no shape",
    [{ ...a, ...binary(4) }, both[1]],
    `01000000 ${bBytes}`,
    'Input "a" has 4 bytes; its shape [1, 2] needs 8 of INT32',
  ],
  [
    "fewer bytes than the sizes say",
    both,
    `${aBytes} 0a000000`,
    "inputs[1] has a binary_data_size of 8, but only 4 bytes are left behind the JSON",
  ],
  [
    "more bytes than the sizes say",
    both,
    `${whole} 00`,
    "1 bytes behind the JSON belong to no input; give binary_data_size in the parameters of each binary one",
  ],
  [
    "bytes that no input has asked for",
    [
      { ...a, data: [1, 2] },
      { ...b, data: [1, 2] },
    ],
    "00",
    "1 bytes behind the JSON belong to no input; give binary_data_size in the parameters of each binary one",
  ],
  [
    "values in both ways",
    [{ ...a, ...binary(8), data: [1, 2] }, both[1]],
    whole,
    'Input "a" has data and binary_data_size; send the values one way',
  ],
  [
    "a size that is a text",
    [{ ...a, parameters: { binary_data_size: "8" } }, both[1]],
    whole,
    'inputs[0] has the binary_data_size "8"; give a whole number',
  ],
  [
    "a size below zero",
    [{ ...a, ...binary(-8) }, both[1]],
    whole,
    "inputs[0] has the binary_data_size -8; give a whole number",
  ],
  [
    "half a byte",
    [{ ...a, ...binary(7.5) }, both[1]],
    whole,
    "inputs[0] has the binary_data_size 7.5; give a whole number",
  ],
  [
    "a size that no memory has",
    [{ ...a, ...binary(2 ** 53 - 1) }, both[1]],
    whole,
    "inputs[0] has a binary_data_size of 9007199254740991, but only 16 bytes are left behind the JSON",
  ],
];

for (const [what, inputs, bytes, sentence] of refused) {
  test(`refuses ${what}`, async () => {
    const { status, type, json } = await infer(server.url, { inputs }, bytes);
    assert.equal([status, type, json], [400, "application/json", { error: sentence }]);
  });
}

for (const length of ["1000000", "-1", "1.5", "0x10", "ten", "99999999999999999999"]) {
  test(`refuses a JSON length of ${length}`, async () => {
    const changes = { "Inference-Header-Content-Length": length };
    const { status, json } = await infer(server.url, { inputs: both }, whole, changes);
    assert.is(status, 400);
    assert.match(
      String(json.error),
      `Inference-Header-Content-Length is "${length}"; give the bytes of the JSON, at most the `,
    );
  });
}

test("refuses a JSON length within the JSON", async () => {
  const changes = { "Inference-Header-Content-Length": "10" };
  const { status, json } = await infer(server.url, { inputs: both }, whole, changes);
  assert.is(status, 400);
  assert.match(String(json.error), /^The body is not JSON: /);
});

test("refuses binary tensors without the length of the JSON", async () => {
  const { status, body } = await ask(`${server.url}/v2/models/test/infer`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: "{}",
  });
  assert.is(status, 415);
  assert.match((body as { error: string }).error, "with Inference-Header-Content-Length");
});

test("texts that are no text are refused, because they could not be kept", async () => {
  await withServer(identity("string"), async ({ url }) => {
    const x = { name: "x", datatype: "BYTES", shape: [1], ...binary(6) };
    const { status, json } = await infer(url, { inputs: [x] }, "02000000 fffe");
    const sentence = 'Input "x": element 0 is not UTF-8; only text can be served';
    assert.equal([status, json], [400, { error: sentence }]);
  });
});

test.run();
