import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { InvalidInput } from "../../../server/src/process/errors.ts";
import type { Description } from "../../../server/src/model/model.ts";
import { openBody, sealBody } from "../../../server/src/protocol/body.ts";
import { inferRequest, inferResponse } from "../../../server/src/protocol/rest.ts";
import type { TensorSpec } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";

const test = suite("protocol properties", 60_000);

const specs: TensorSpec[] = [
  { name: "numbers", datatype: "FP32", shape: [-1, 2] },
  { name: "texts", datatype: "BYTES", shape: [-1] },
  { name: "wide", datatype: "INT64", shape: [] },
];

/** A model that answers its inputs. */
const description: Description = {
  name: "test",
  sha256: "",
  sizeBytes: 0,
  inputs: specs,
  outputs: specs,
  unusable: [],
  opset: 21,
  metadata: new Map(),
};

/** Reads a request or refuses it; any other error is thrown. */
function read(body: Buffer, jsonLength: string) {
  try {
    return inferRequest(description, openBody(body, { jsonLength, isExact: true }));
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

const good = {
  id: "1",
  parameters: { binary_data_output: true },
  inputs: [
    { name: "numbers", datatype: "FP32", shape: [1, 2], data: [1, 2] },
    { name: "texts", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 5 } },
    { name: "wide", datatype: "INT64", shape: [2, 1], data: [[1], [2]] },
  ],
  outputs: [{ name: "wide", parameters: { binary_data: false } }, { name: "texts" }],
};
const bytes = Buffer.from("\x01\0\0\0A");

type Path = (string | number)[];

/** Every place in a value: its fields, their fields, and so on. */
function places(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const below = keys.flatMap((key) => places((value as never)[key], [...path, key]));
  return [path, ...below];
}

/** A value with something else at one place. */
function changed(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as never;
  copy[key] = changed((value as never)[key], rest, to) as never;
  return copy;
}

const withBytes = (json: unknown, tail: Buffer): [body: Buffer, jsonLength: string] => {
  const head = Buffer.from(JSON.stringify(json) ?? "");
  return [Buffer.concat([head, tail]), String(head.length)];
};

test("the request that the others are made of is right", () => {
  const request = read(...withBytes(good, bytes));
  assert.not.instance(request, InvalidInput);
});

test("a request with anything anywhere is read or refused with a sentence", () => {
  const anything = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.constant(2 ** 60));
  fc.assert(
    fc.property(fc.constantFrom(...places(good)), anything, (path, value) => {
      read(...withBytes(changed(good, path, value), bytes));
    }),
    { numRuns: 2000 },
  );
});

test("any bytes with any length of JSON are read or refused with a sentence", () => {
  const length = fc.oneof(fc.nat(600).map(String), fc.string(), fc.constant(""));
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((noise) => Buffer.from(noise)),
    fc.json().map((json) => Buffer.from(json)),
    fc.constant(withBytes(good, bytes)[0]),
  );
  fc.assert(
    fc.property(body, length, (body, length) => void read(body, length)),
    { numRuns: 1000 },
  );
});

test("a request that loses bytes is refused with a sentence", () => {
  const [body, length] = withBytes(good, bytes);
  for (let end = 0; end < body.length; end++) {
    assert.instance(read(body.subarray(0, end), length), InvalidInput, `after ${end} bytes`);
  }
});

test("arrays nested thousands deep are refused with a sentence", () => {
  const depth = 100_000;
  const nested = `${"[".repeat(depth)}1${"]".repeat(depth)}`;
  const shape = `[${"1,".repeat(depth - 1)}1]`;
  const inputs = good.inputs.slice(0, 2).map((input) => JSON.stringify(input));
  const wide = `{"name":"wide","datatype":"INT64","shape":${shape},"data":${nested}}`;
  const json = `{"inputs":[${[...inputs, wide].join()}]}`;
  const body = Buffer.concat([Buffer.from(json), bytes]);
  assert.instance(read(body, String(json.length)), InvalidInput);
});

test("what is answered in bytes and in JSON can be asked again", () => {
  const request = read(...withBytes({ ...good, outputs: [] }, bytes));
  if (request instanceof InvalidInput) throw request;
  const answer = inferResponse(description, request, request.inputs);
  const { body, jsonLength } = sealBody(answer);
  const again = JSON.parse(body.subarray(0, jsonLength).toString()) as { outputs: unknown };
  const asked = withBytes({ inputs: again.outputs }, body.subarray(jsonLength));
  assert.equal((read(...asked) as typeof request).inputs, request.inputs);
});

test.run();
