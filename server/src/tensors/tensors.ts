import { kinds, type Datatype, type TensorData } from "./datatypes.ts";
import { InvalidInput } from "../errors.ts";
import { describe, exactJson } from "../json.ts";

/** Values of one datatype with a shape, in row-major order. */
export interface Tensor {
  datatype: Datatype;
  shape: number[];
  data: TensorData;
}

/** Tensors by the name of the model's input or output. */
export type Tensors = Record<string, Tensor>;

/** What a model says about an input or output; -1 is a dimension of any size. */
export interface TensorSpec {
  name: string;
  datatype: Datatype;
  shape: number[];
}

/** A tensor as it stands in JSON. */
export interface JsonTensor {
  name: string;
  datatype: Datatype;
  shape: number[];
  data: unknown[];
}

/** A tensor from values that fit; for values that came from a client there is `fromJson`. */
export function tensor(datatype: Datatype, shape: number[], values: unknown[]): Tensor {
  const { allocate, element } = kinds[datatype];
  const data = allocate(values.length);
  for (const [index, value] of values.entries()) data[index] = element(value) as never;
  return { datatype, shape, data };
}

/**
 * The tensor for one input out of a request.
 *
 * @throws InvalidInput naming the tensor, and the element where there is one to name
 */
export function fromJson(spec: TensorSpec, { datatype, shape, data }: Given): Tensor {
  const input = `Input "${spec.name}"`;
  if (datatype !== spec.datatype) {
    throw new InvalidInput(
      `${input} has the datatype ${describe(datatype)}; the model takes ${spec.datatype}`,
    );
  }
  const checked = checkedShape(spec, shape);
  if (!Array.isArray(data)) {
    throw new InvalidInput(`${input} has no data; write its values as an array`);
  }
  const values = isNested(checked, data) ? flat(input, checked, data) : data;
  const size = checked.reduce((product, dimension) => product * dimension, 1);
  if (values.length !== size) {
    throw new InvalidInput(
      `${input} has ${count(values.length)}; its shape ${show(checked)} needs ${size}`,
    );
  }
  return { datatype: spec.datatype, shape: checked, data: converted(input, spec.datatype, values) };
}

/** What a client says about a tensor; nothing about it is certain. */
interface Given {
  datatype?: unknown;
  shape?: unknown;
  data?: unknown;
}

function checkedShape({ name, shape: expected }: TensorSpec, shape: unknown): number[] {
  const sizes = Array.isArray(shape) ? (shape as unknown[]) : [];
  if (
    !Array.isArray(shape) ||
    !sizes.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)
  ) {
    throw new InvalidInput(`Input "${name}" needs a shape; write an array of whole numbers`);
  }
  const found = sizes as number[];
  // ONNX Runtime says [] both of a scalar and of a tensor whose shape is not known beforehand.
  if (expected.length === 0) return found;
  const fits = (size: number, index: number) => size === expected[index] || expected[index] === -1;
  if (found.length === expected.length && found.every(fits)) return found;
  const any = expected.includes(-1) ? ", where -1 is any size" : "";
  throw new InvalidInput(
    `Input "${name}" has the shape ${show(found)}; the model takes ${show(expected)}${any}`,
  );
}

const isNested = (shape: number[], data: unknown[]) => shape.length > 1 && Array.isArray(data[0]);

/** The elements of arrays nested as deeply as the shape is long. */
function flat(input: string, shape: number[], data: unknown[]): unknown[] {
  const values: unknown[] = [];
  const collect = (level: unknown, depth: number, path: string) => {
    if (!Array.isArray(level) || level.length !== shape[depth]) {
      throw new InvalidInput(
        `${input}: data${path} is ${describe(level)}; its shape ${show(shape)} needs an array of ${shape[depth]} there`,
      );
    }
    for (const [index, item] of level.entries()) {
      if (depth === shape.length - 1) values.push(item);
      else collect(item, depth + 1, `${path}[${index}]`);
    }
  };
  collect(data, 0, "");
  return values;
}

function converted(input: string, datatype: Datatype, values: unknown[]): TensorData {
  const { allocate, element, takes } = kinds[datatype];
  const data = allocate(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = element(values[index]);
    if (value === undefined) {
      throw new InvalidInput(
        `${input}: element ${index} of data is ${describe(values[index])}; ${datatype} takes ${takes}`,
      );
    }
    data[index] = value as never;
  }
  return data;
}

const show = (shape: number[]) => `[${shape.join(", ")}]`;

const count = (elements: number) => (elements === 1 ? "1 element" : `${elements} elements`);

/**
 * A tensor as JSON, flat, with all digits of 64 bit integers. JSON has no NaN and no infinity, so
 * those become null.
 */
export function toJson(name: string, { datatype, shape, data }: Tensor): JsonTensor {
  return { name, datatype, shape, data: elements(datatype, data) };
}

function elements(datatype: Datatype, data: TensorData): unknown[] {
  if (datatype === "BOOL") return Array.from(data as Uint8Array, (value) => value === 1);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Array.from(data, exactJson);
  }
  return Array.from<unknown>(data);
}

/** One tensor out of several that differ in their first dimension only. */
export function joinRows(parts: Tensor[]): Tensor {
  const [first] = parts;
  if (!first) throw new Error("There is nothing to join");
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const data = first.datatype === "BYTES" ? joinTexts(parts) : joinNumbers(first.datatype, parts);
  return { datatype: first.datatype, shape: [rows, ...first.shape.slice(1)], data };
}

/** The tensors of several requests, joined by their names. */
export function joinTensors(parts: Tensors[]): Tensors {
  const names = Object.keys(parts[0] ?? {});
  const joined = names.map((name) => joinRows(parts.map((tensors) => tensors[name] as Tensor)));
  return Object.fromEntries(names.map((name, index) => [name, joined[index] as Tensor]));
}

const joinTexts = (parts: Tensor[]) => parts.flatMap(({ data }) => data as string[]);

function joinNumbers(datatype: Datatype, parts: Tensor[]): TensorData {
  const length = parts.reduce((sum, { data }) => sum + data.length, 0);
  // The arrays are of one kind; which one makes no difference here.
  const all = kinds[datatype].allocate(length) as Float32Array;
  let offset = 0;
  for (const { data } of parts) {
    all.set(data as Float32Array, offset);
    offset += data.length;
  }
  return all;
}

/** The counterpart of joinRows: a tensor for each number of rows. */
export function splitRows({ datatype, shape, data }: Tensor, rows: number[]): Tensor[] {
  const [total = 0, ...rest] = shape;
  const width = total === 0 ? 0 : data.length / total;
  let offset = 0;
  return rows.map((count) => {
    const part = data.slice(offset, offset + count * width);
    offset += count * width;
    return { datatype, shape: [count, ...rest], data: part };
  });
}
