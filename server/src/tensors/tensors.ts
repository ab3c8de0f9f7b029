import { kinds, type Datatype, type TensorData } from "./datatypes.ts";

/**
 * Values of one datatype with a shape, in row-major order. The array may be a view of a larger
 * buffer, such as a request's body, that other tensors share.
 */
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

/** A tensor from values that fit; for values that came from a client there is `fromJson`. */
export function tensor(datatype: Datatype, shape: number[], values: unknown[]): Tensor {
  const { allocate, element } = kinds[datatype];
  const data = allocate(values.length);
  for (const [index, value] of values.entries()) data[index] = element(value) as never;
  return { datatype, shape, data };
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
