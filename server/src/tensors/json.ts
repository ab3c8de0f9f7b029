import { InvalidInput } from "../process/errors.ts";
import { describe, exactJson } from "../process/json.ts";
import { kinds, type Datatype, type TensorData } from "./datatypes.ts";
import { elementCount, showShape, wrongCount } from "./shape.ts";
import type { Tensor, TensorSpec } from "./tensors.ts";

/** A tensor as it stands in JSON. */
export interface JsonTensor {
  name: string;
  datatype: Datatype;
  shape: number[];
  data: unknown[];
}

/**
 * An input's tensor from the values of a request, which are flat or nested like the shape.
 *
 * @throws InvalidInput naming the element that does not fit, or how many there should be
 */
export function fromJson(spec: TensorSpec, shape: number[], data: unknown): Tensor {
  if (!Array.isArray(data)) {
    throw new InvalidInput(`Input "${spec.name}" has no data; write its values as an array`);
  }
  const values = isNested(shape, data) ? flat(spec, shape, data) : data;
  if (values.length !== elementCount(shape)) throw wrongCount(spec, shape, values.length);
  return { datatype: spec.datatype, shape, data: converted(spec, values) };
}

const isNested = (shape: number[], data: unknown[]) => shape.length > 1 && Array.isArray(data[0]);

/** The elements of arrays nested as deeply as the shape is long. */
function flat({ name }: TensorSpec, shape: number[], data: unknown[]): unknown[] {
  const values: unknown[] = [];
  const place: number[] = [];
  const collect = (level: unknown, depth: number) => {
    const size = shape[depth] as number;
    if (!Array.isArray(level) || level.length !== size) {
      const path = place.slice(0, depth).map((index) => `[${index}]`);
      throw new InvalidInput(
        `Input "${name}": data${path.join("")} is ${describe(level)}; its shape ${showShape(shape)} needs an array of ${size} there`,
      );
    }
    // Counting is several times faster than iterators, here and below.
    for (let index = 0; index < size; index++) {
      place[depth] = index;
      if (depth === shape.length - 1) values.push(level[index]);
      else collect(level[index], depth + 1);
    }
  };
  collect(data, 0);
  return values;
}

function converted({ name, datatype }: TensorSpec, values: unknown[]): TensorData {
  const { allocate, element, takes } = kinds[datatype];
  const data = allocate(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = element(values[index]);
    if (value === undefined) {
      throw new InvalidInput(
        `Input "${name}": element ${index} of data is ${describe(values[index])}; ${datatype} takes ${takes}`,
      );
    }
    data[index] = value as never;
  }
  return data;
}

/**
 * A tensor as JSON, flat, with all digits of 64 bit integers. JSON has no NaN and no infinity, so
 * those become null.
 */
export function toJson(name: string, { datatype, shape, data }: Tensor): JsonTensor {
  return { name, datatype, shape, data: elements(datatype, data) };
}

function elements(datatype: Datatype, data: TensorData): unknown[] {
  if (Array.isArray(data)) return data;
  if (datatype === "BOOL") return listed(data as Uint8Array, (value) => value === 1);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return listed(data, exactJson);
  }
  return listed(data as Float32Array, (value) => value);
}

function listed<T>(data: ArrayLike<T>, say: (value: T) => unknown): unknown[] {
  const list: unknown[] = [];
  list.length = data.length;
  for (let index = 0; index < data.length; index++) list[index] = say(data[index] as T);
  return list;
}
