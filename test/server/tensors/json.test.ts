import * as assert from "uvu/assert";
import { InvalidInput } from "../../../server/src/process/errors.ts";
import type { Datatype } from "../../../server/src/tensors/datatypes.ts";
import { fromJson, toJson } from "../../../server/src/tensors/json.ts";
import type { TensorSpec } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";
import { examples } from "./examples.ts";

const test = suite("tensors in JSON");

for (const [datatype, data] of examples) {
  test(`${datatype} comes back from a tensor as it went in`, () => {
    const spec = { name: "x", datatype, shape: [-1] };
    const input = { name: "x", datatype, shape: [2], data };
    assert.equal(toJson("x", fromJson(spec, [2], data)), input);
  });
}

test("64 bit integers keep all digits", () => {
  const data = [-(2n ** 63n), 2n ** 63n - 1n];
  const spec: TensorSpec = { name: "x", datatype: "INT64", shape: [2] };
  const output = toJson("x", fromJson(spec, [2], data));
  assert.is(JSON.stringify(output.data), "[-9223372036854775808,9223372036854775807]");
});

test("BOOL takes 1 and 0 as well", () => {
  const spec: TensorSpec = { name: "x", datatype: "BOOL", shape: [2] };
  const given = fromJson(spec, [2], [1, 0]);
  assert.equal(toJson("x", given).data, [true, false]);
});

test("values may be nested as deeply as the shape is long", () => {
  const spec: TensorSpec = { name: "x", datatype: "INT32", shape: [-1, 2, 1] };
  const nested = [
    [[1], [2]],
    [[3], [4]],
  ];
  const { data } = fromJson(spec, [2, 2, 1], nested);
  assert.equal(Array.from<unknown>(data), [1, 2, 3, 4]);
});

test("a scalar is one value without a dimension", () => {
  const spec: TensorSpec = { name: "x", datatype: "FP32", shape: [] };
  assert.equal(fromJson(spec, [], [1]).shape, []);
});

test("no rows are an empty tensor", () => {
  const spec: TensorSpec = { name: "x", datatype: "FP32", shape: [-1, 2] };
  assert.is(fromJson(spec, [0, 2], []).data.length, 0);
});

const row: TensorSpec = { name: "x", datatype: "FP32", shape: [-1, 2] };

const refused: [data: unknown, sentence: string][] = [
  [undefined, 'Input "x" has no data; write its values as an array'],
  [{ 0: 1 }, 'Input "x" has no data; write its values as an array'],
  [[1], 'Input "x" has 1 element; its shape [1, 2] needs 2'],
  [[1, 2, 3], 'Input "x" has 3 elements; its shape [1, 2] needs 2'],
  [[[1]], 'Input "x": data[0] is an array of 1; its shape [1, 2] needs an array of 2'],
  [
    [
      [1, 2],
      [3, 4],
    ],
    'Input "x": data is an array of 2; its shape [1, 2] needs an array',
  ],
  [[[1, [2]]], 'Input "x": element 1 of data is an array of 1; FP32 takes finite'],
  [[1, [2]], 'Input "x": element 1 of data is an array of 1; FP32 takes finite'],
  [[1, null], 'Input "x": element 1 of data is null; FP32 takes finite numbers'],
  [["1", 2], 'Input "x": element 0 of data is "1"; FP32 takes finite numbers'],
  [[true, 2], 'Input "x": element 0 of data is true; FP32 takes finite numbers'],
  [[{}, 2], 'Input "x": element 0 of data is an object; FP32 takes finite numbers'],
  [[1, 1e39], 'Input "x": element 1 of data is 1e+39; FP32 takes finite numbers'],
];

for (const [data, sentence] of refused) {
  test(`refuses ${JSON.stringify(data) ?? "nothing"} for a shape of [1, 2]`, () => {
    assert.throws(
      () => fromJson(row, [1, 2], data),
      (error: Error) => error instanceof InvalidInput && error.message.startsWith(sentence),
    );
  });
}

test("refuses a huge shape without setting memory aside for it", () => {
  assert.throws(
    () => fromJson(row, [1e9, 2], [1, 2]),
    /^Input "x" has 2 elements; its shape \[1000000000, 2\] needs 2000000000$/,
  );
});

const elements: [datatype: Datatype, value: unknown][] = [
  ["BOOL", 2],
  ["BOOL", "true"],
  ["UINT8", 256],
  ["UINT8", -1],
  ["UINT16", 65_536],
  ["UINT32", 4_294_967_296],
  ["UINT64", -1],
  ["UINT64", 2n ** 64n],
  ["INT8", 128],
  ["INT16", -32_769],
  ["INT32", 2_147_483_648],
  ["INT32", 1.5],
  ["INT64", 2n ** 63n],
  ["INT64", 1e18],
  ["INT64", 0.5],
  ["FP16", 70_000],
  ["FP64", Infinity],
  ["BYTES", 1],
  ["BYTES", "cut\0off"],
  ["BYTES", "\ud800"],
];

for (const [datatype, value] of elements) {
  test(`${datatype} does not take ${typeof value} ${JSON.stringify(String(value))}`, () => {
    const read = () => fromJson({ name: "x", datatype, shape: [1] }, [1], [value]);
    assert.throws(read, new RegExp(`^Input "x": element 0 of data is .*; ${datatype} takes `));
  });
}

test("JSON has null where the model says NaN or infinity", () => {
  const output = toJson("y", {
    datatype: "FP32",
    shape: [3],
    data: new Float32Array([NaN, Infinity, 1]),
  });
  assert.is(JSON.stringify(output.data), "[null,null,1]");
});

test.run();
