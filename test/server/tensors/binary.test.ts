import * as assert from "uvu/assert";
import { fromBytes, toBytes } from "../../../server/src/tensors/binary.ts";
import type { Datatype } from "../../../server/src/tensors/datatypes.ts";
import { tensor, type TensorSpec } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";
import { examples } from "./examples.ts";

const test = suite("tensors in bytes");

const spec = (datatype: Datatype): TensorSpec => ({ name: "x", datatype, shape: [-1] });

/** What the protocol prescribes, in hexadecimal. */
const layouts: [datatype: Datatype, values: unknown[], bytes: string][] = [
  ["BOOL", [true, false], "01 00"],
  ["UINT8", [1, 255], "01 ff"],
  ["INT8", [1, -1], "01 ff"],
  ["UINT16", [1, 65_534], "0100 feff"],
  ["INT16", [1, -2], "0100 feff"],
  ["UINT32", [1, 0x0403_0201], "01000000 01020304"],
  ["INT32", [1, -2], "01000000 feffffff"],
  ["UINT64", [1, 2n ** 64n - 2n], "0100000000000000 feffffffffffffff"],
  ["INT64", [1, -2], "0100000000000000 feffffffffffffff"],
  ["FP16", [1, -2], "003c 00c0"],
  ["FP32", [1, -2], "0000803f 000000c0"],
  ["FP64", [1, -2], "000000000000f03f 00000000000000c0"],
  ["BYTES", ["", "é👋"], "00000000 06000000 c3a9 f09f918b"],
];

const fromHex = (bytes: string) => Buffer.from(bytes.replaceAll(" ", ""), "hex");

for (const [datatype, values, bytes] of layouts) {
  test(`${datatype} is laid out as the protocol says`, () => {
    const expected = tensor(datatype, [2], values);
    assert.equal(fromBytes(spec(datatype), [2], fromHex(bytes)), expected);
    assert.equal(toBytes(expected), fromHex(bytes));
  });
}

test("numbers that do not begin at a multiple of their size are read as well", () => {
  for (const [datatype, values] of examples) {
    const expected = tensor(datatype, [2], values);
    const bytes = toBytes(expected);
    for (let offset = 0; offset < 8; offset++) {
      const within = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
      assert.equal(fromBytes(spec(datatype), [2], within), expected);
    }
  }
});

test("aligned numbers are not copied", () => {
  const memory = new Float32Array([1, 2]);
  const bytes = Buffer.from(memory.buffer);
  const { data } = fromBytes(spec("FP32"), [2], bytes);
  assert.is((data as Float32Array).buffer, memory.buffer);
  assert.is(toBytes({ datatype: "FP32", shape: [2], data }).buffer, memory.buffer);
});

test("no elements are no bytes", () => {
  for (const [datatype] of examples) {
    const { data } = fromBytes(spec(datatype), [0], Buffer.alloc(0));
    assert.is(data.length, 0);
    assert.is(toBytes(tensor(datatype, [0], [])).length, 0);
  }
});

test("what JSON cannot say, bytes can", () => {
  const special = new Float32Array([NaN, Infinity, -0]);
  const { data } = fromBytes(spec("FP32"), [3], Buffer.from(special.buffer));
  assert.ok(Array.from(special).every((value, index) => Object.is(value, data[index])));
});

const cutOff = "is cut off; write its length in four bytes, little-endian, and then its bytes";
const refused: [what: string, datatype: Datatype, shape: number[], hex: string, why: string][] = [
  ["a byte too few", "FP32", [1], "000000", "has 3 bytes; its shape [1] needs 4 of FP32"],
  ["a byte too many", "FP32", [1], "0000000000", "has 5 bytes; its shape [1] needs 4 of FP32"],
  ["a huge shape", "INT64", [2e9, 2e9], "00", "has 1 bytes; its shape [2000000000, 2000000000]"],
  ["a truth of two", "BOOL", [3], "010002", ": element 2 is the byte 2; BOOL takes 0 and 1"],
  ["half a length", "BYTES", [2], "00000000 0100", `: element 1 ${cutOff}`],
  ["half a text", "BYTES", [1], "02000000 41", `: element 0 ${cutOff}`],
  ["a length below zero", "BYTES", [1], "ffffffff 41", `: element 0 ${cutOff}`],
  ["a text too few", "BYTES", [2], "01000000 41", "has 1 element; its shape [2] needs 2"],
  ["a text too many", "BYTES", [0], "01000000 41", "has 5 bytes after the last of its elements"],
  [
    "a huge number of texts",
    "BYTES",
    [2 ** 50],
    "",
    "has 0 elements; its shape [1125899906842624]",
  ],
  ["bytes that are no text", "BYTES", [1], "01000000 e9", ": element 0 is not UTF-8; only text"],
  ["half a surrogate", "BYTES", [1], "03000000 eda080", ": element 0 is not UTF-8; only text"],
  [
    "U+0000",
    "BYTES",
    [1],
    "03000000 410041",
    ': element 0 is "A\\u0000A"; BYTES takes text without',
  ],
];

for (const [what, datatype, shape, hex, why] of refused) {
  test(`refuses ${what}`, () => {
    const sentence = `Input "x"${why.startsWith(":") ? "" : " "}${why}`;
    assert.throws(
      () => fromBytes(spec(datatype), shape, fromHex(hex)),
      (error: Error) => error.message.startsWith(sentence) || assert.is(error.message, sentence),
    );
  });
}

test.run();
