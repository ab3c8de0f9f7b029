import * as assert from "uvu/assert";
import type { Datatype } from "../../../server/src/tensors/datatypes.ts";
import { InvalidInput } from "../../../server/src/errors.ts";
import {
  fromJson,
  joinRows,
  splitRows,
  tensor,
  toJson,
  type JsonTensor,
  type TensorSpec,
} from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";

const test = suite("tensors");

const there: [datatype: Datatype, values: unknown[]][] = [
  ["BOOL", [true, false]],
  ["UINT8", [0, 255]],
  ["UINT16", [0, 65_535]],
  ["UINT32", [0, 4_294_967_295]],
  ["INT8", [-128, 127]],
  ["INT16", [-32_768, 32_767]],
  ["INT32", [-2_147_483_648, 2_147_483_647]],
  ["INT64", [-1, 9_007_199_254_740_991]],
  ["UINT64", [0, 9_007_199_254_740_991]],
  ["FP16", [-65_504, 0.5]],
  ["FP32", [-3.4028234663852886e38, 0.5]],
  ["FP64", [-1.7976931348623157e308, 0.1]],
  ["BYTES", ["", "À bientôt 👋"]],
];

for (const [datatype, data] of there) {
  test(`${datatype} comes back from a tensor as it went in`, () => {
    const input = { name: "x", datatype, shape: [2], data };
    const spec = { name: "x", datatype, shape: [-1] };
    assert.equal(toJson("x", fromJson(spec, input)), input);
  });
}

test("64 bit integers keep all digits", () => {
  const data = [-(2n ** 63n), 2n ** 63n - 1n];
  const spec: TensorSpec = { name: "x", datatype: "INT64", shape: [2] };
  const output = toJson("x", fromJson(spec, { datatype: "INT64", shape: [2], data }));
  assert.is(JSON.stringify(output.data), "[-9223372036854775808,9223372036854775807]");
});

test("BOOL takes 1 and 0 as well", () => {
  const spec: TensorSpec = { name: "x", datatype: "BOOL", shape: [2] };
  const given = fromJson(spec, { datatype: "BOOL", shape: [2], data: [1, 0] });
  assert.equal(toJson("x", given).data, [true, false]);
});

test("values may be nested as deeply as the shape is long", () => {
  const spec: TensorSpec = { name: "x", datatype: "INT32", shape: [-1, 2, 1] };
  const nested = {
    datatype: "INT32",
    shape: [2, 2, 1],
    data: [
      [[1], [2]],
      [[3], [4]],
    ],
  };
  const { data } = fromJson(spec, nested);
  assert.equal(Array.from<unknown>(data), [1, 2, 3, 4]);
});

test("a scalar is one value without a dimension", () => {
  const spec: TensorSpec = { name: "x", datatype: "FP32", shape: [] };
  assert.equal(fromJson(spec, { datatype: "FP32", shape: [], data: [1] }).shape, []);
});

test("no rows are an empty tensor", () => {
  const spec: TensorSpec = { name: "x", datatype: "FP32", shape: [-1, 2] };
  assert.is(fromJson(spec, { datatype: "FP32", shape: [0, 2], data: [] }).data.length, 0);
});

const row: TensorSpec = { name: "x", datatype: "FP32", shape: [-1, 2] };
const good: JsonTensor = { name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] };

const refused: [change: Record<string, unknown>, sentence: string][] = [
  [{ datatype: undefined }, 'Input "x" has the datatype missing; the model takes FP32'],
  [{ datatype: "FP64" }, 'Input "x" has the datatype "FP64"; the model takes FP32'],
  [{ datatype: null }, 'Input "x" has the datatype null; the model takes FP32'],
  [{ shape: undefined }, 'Input "x" needs a shape; write an array of whole numbers'],
  [{ shape: "1,2" }, 'Input "x" needs a shape; write an array of whole numbers'],
  [{ shape: [1, null] }, 'Input "x" needs a shape; write an array of whole numbers'],
  [{ shape: [1.5, 2] }, 'Input "x" needs a shape; write an array of whole numbers'],
  [{ shape: [-1, 2] }, 'Input "x" needs a shape; write an array of whole numbers'],
  [{ shape: [2] }, 'Input "x" has the shape [2]; the model takes [-1, 2], where -1 is any size'],
  [{ shape: [1, 3] }, 'Input "x" has the shape [1, 3]; the model takes [-1, 2], where -1 is any'],
  [{ data: undefined }, 'Input "x" has no data; write its values as an array'],
  [{ data: { 0: 1 } }, 'Input "x" has no data; write its values as an array'],
  [{ data: [1] }, 'Input "x" has 1 element; its shape [1, 2] needs 2'],
  [{ data: [1, 2, 3] }, 'Input "x" has 3 elements; its shape [1, 2] needs 2'],
  [{ shape: [1e9, 2] }, 'Input "x" has 2 elements; its shape [1000000000, 2] needs 2000000000'],
  [{ data: [[1]] }, 'Input "x": data[0] is an array of 1; its shape [1, 2] needs an array of 2'],
  [
    {
      data: [
        [1, 2],
        [3, 4],
      ],
    },
    'Input "x": data is an array of 2; its shape [1, 2] needs an array',
  ],
  [{ data: [[1, [2]]] }, 'Input "x": element 1 of data is an array of 1; FP32 takes finite'],
  [{ data: [1, [2]] }, 'Input "x": element 1 of data is an array of 1; FP32 takes finite'],
  [{ data: [1, null] }, 'Input "x": element 1 of data is null; FP32 takes finite numbers'],
  [{ data: ["1", 2] }, 'Input "x": element 0 of data is "1"; FP32 takes finite numbers'],
  [{ data: [true, 2] }, 'Input "x": element 0 of data is true; FP32 takes finite numbers'],
  [{ data: [{}, 2] }, 'Input "x": element 0 of data is an object; FP32 takes finite numbers'],
  [{ data: [1, 1e39] }, 'Input "x": element 1 of data is 1e+39; FP32 takes finite numbers'],
];

for (const [change, sentence] of refused) {
  test(`refuses ${JSON.stringify(change, (_, value: unknown) => value ?? "nothing")}`, () => {
    const read = () => fromJson(row, { ...good, ...change });
    assert.throws(
      read,
      (error: Error) => error instanceof InvalidInput && error.message.startsWith(sentence),
    );
  });
}

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
    const read = () =>
      fromJson({ name: "x", datatype, shape: [1] }, { datatype, shape: [1], data: [value] });
    assert.throws(read, new RegExp(`^Input "x": element 0 of data is .*; ${datatype} takes `));
  });
}

test("rows are joined and split in their order", () => {
  for (const [datatype, data] of there) {
    const one = tensor(datatype, [1, 1], data.slice(0, 1));
    const two = tensor(datatype, [2, 1], data);
    const joined = joinRows([one, two]);
    assert.equal(joined, tensor(datatype, [3, 1], [data[0], ...data]));
    assert.equal(splitRows(joined, [1, 2]), [one, two]);
  }
});

test("JSON has null where the model says NaN or infinity", () => {
  const output = toJson("y", {
    datatype: "FP32",
    shape: [3],
    data: new Float32Array([NaN, Infinity, 1]),
  });
  assert.is(JSON.stringify(output.data), "[null,null,1]");
});

test.run();
