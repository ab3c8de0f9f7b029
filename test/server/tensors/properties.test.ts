import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { InvalidInput } from "../../../server/src/process/errors.ts";
import { parseExactJson } from "../../../server/src/process/json.ts";
import { fromBytes, toBytes } from "../../../server/src/tensors/binary.ts";
import { kinds, type Datatype } from "../../../server/src/tensors/datatypes.ts";
import { fromJson, toJson } from "../../../server/src/tensors/json.ts";
import { checkedShape, elementCount } from "../../../server/src/tensors/shape.ts";
import { joinRows, splitRows, tensor, type Tensor } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";

const test = suite("tensor properties", 60_000);

const integers = (bits: number, isSigned: boolean) =>
  fc.integer(
    isSigned
      ? { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }
      : { min: 0, max: 2 ** bits - 1 },
  );

const finite = { noNaN: true, noDefaultInfinity: true };

/** Any value that a tensor of the datatype can hold and JSON can say. */
const values: Record<Datatype, fc.Arbitrary<unknown>> = {
  BOOL: fc.boolean(),
  UINT8: integers(8, false),
  UINT16: integers(16, false),
  UINT32: integers(32, false),
  UINT64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT8: integers(8, true),
  INT16: integers(16, true),
  INT32: integers(32, true),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FP16: fc.double({ ...finite, min: -65_504, max: 65_504 }).map(Math.f16round),
  FP32: fc.float(finite),
  FP64: fc.double(finite),
  BYTES: fc
    .string({ unit: "binary" })
    .filter((text) => !text.includes("\0") && text.isWellFormed()),
};

const datatypes = Object.keys(values) as Datatype[];
const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

const tensorOf = (datatype: Datatype, shape: number[]): fc.Arbitrary<Tensor> => {
  const size = elementCount(shape);
  return fc
    .array(values[datatype], { minLength: size, maxLength: size })
    .map((elements) => tensor(datatype, shape, elements));
};

/** Tensors of one datatype, of any shape with up to four dimensions. */
const tensors = (datatype: Datatype): fc.Arbitrary<Tensor> =>
  shapes.chain((shape) => tensorOf(datatype, shape));

/** Tensors that differ in their first dimension only. */
const parts = (datatype: Datatype): fc.Arbitrary<Tensor[]> => {
  const counts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  const row = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 });
  return fc
    .tuple(counts, row)
    .chain(([counts, row]) =>
      fc.tuple(...counts.map((count) => tensorOf(datatype, [count, ...row]))),
    );
};

const specOf = ({ datatype, shape }: Tensor) => ({
  name: "x",
  datatype,
  shape: shape.map(() => -1),
});

/** Through text, as on the wire. */
const sent = (data: unknown): unknown => parseExactJson(JSON.stringify(data));

/** What the array is that is nested like the shape. */
function nested([size, ...rest]: number[], data: unknown[]): unknown {
  if (size === undefined) return data[0];
  const width = elementCount(rest);
  return Array.from({ length: size }, (_, index) =>
    nested(rest, data.slice(index * width, (index + 1) * width)),
  );
}

/** As JSON has it: 0 where the tensor has -0. */
const comparable = ({ data, ...rest }: Tensor) => ({
  ...rest,
  data: Array.from<unknown>(data).map((value) => (Object.is(value, -0) ? 0 : value)),
});

for (const datatype of datatypes) {
  test(`${datatype} comes back from JSON as it was`, () => {
    fc.assert(
      fc.property(tensors(datatype), (before) => {
        const { shape, data } = toJson("x", before);
        const after = fromJson(specOf(before), shape, sent(data));
        assert.equal(comparable(after), comparable(before));
      }),
    );
  });

  test(`${datatype} means the same nested and flat`, () => {
    fc.assert(
      fc.property(tensors(datatype), (before) => {
        fc.pre(before.shape.length > 0);
        const { shape, data } = toJson("x", before);
        const after = fromJson(specOf(before), shape, nested(shape, sent(data) as unknown[]));
        assert.equal(comparable(after), comparable(before));
      }),
    );
  });

  test(`${datatype} comes back from bytes as it was, wherever they begin`, () => {
    fc.assert(
      fc.property(tensors(datatype), fc.nat(7), (before, offset) => {
        const bytes = Buffer.concat([Buffer.alloc(offset), toBytes(before)]).subarray(offset);
        assert.equal(fromBytes(specOf(before), before.shape, bytes), before);
      }),
    );
  });

  test(`${datatype} is joined and split without a change`, () => {
    fc.assert(
      fc.property(parts(datatype), (tensors) => {
        const counts = tensors.map(({ shape }) => shape[0] as number);
        assert.equal(splitRows(joinRows(tensors), counts), tensors);
      }),
    );
  });

  test(`${datatype} takes any JSON or refuses it with a sentence`, () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.jsonValue()),
      fc.array(fc.oneof(values[datatype], fc.bigInt(), fc.double(), fc.string({ unit: "binary" }))),
    );
    fc.assert(
      fc.property(shapes, anything, (shape, data) => {
        takesOrRefuses(datatype, () => fromJson({ name: "x", datatype, shape: [] }, shape, data));
      }),
    );
  });

  test(`${datatype} takes any bytes or refuses them with a sentence`, () => {
    fc.assert(
      fc.property(shapes, fc.uint8Array({ maxLength: 64 }), (shape, bytes) => {
        const read = () => fromBytes({ name: "x", datatype, shape: [] }, shape, Buffer.from(bytes));
        takesOrRefuses(datatype, read);
      }),
    );
  });
}

/** Nothing but a whole tensor comes out, and no error but the one that is told to the client. */
function takesOrRefuses(datatype: Datatype, read: () => Tensor): void {
  try {
    const { shape, data } = read();
    assert.is(data.length, elementCount(shape));
    assert.is(data.constructor, kinds[datatype].allocate(0).constructor);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    assert.match(error.message, /^Input "x"/);
  }
}

test("a shape is taken or refused with a sentence", () => {
  const spec = fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 });
  fc.assert(
    fc.property(spec, fc.oneof(fc.jsonValue(), shapes), (expected, given) => {
      try {
        const shape = checkedShape({ name: "x", datatype: "FP32", shape: expected }, given);
        assert.ok(shape.every((size) => Number.isSafeInteger(size) && size >= 0));
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
      }
    }),
  );
});

test.run();
