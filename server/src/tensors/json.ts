import { InvalidInput } from "../errors.ts";
import { describe, exactJson } from "../json.ts";
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
  const collect = (level: unknown, depth: number, path: string) => {
    if (!Array.isArray(level) || level.length !== shape[depth]) {
      throw new InvalidInput(
        `Input "${name}": data${path} is ${describe(level)}; its shape ${showShape(shape)} needs an array of ${shape[depth]} there`,
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
  if (datatype === "BOOL") return Array.from(data as Uint8Array, (value) => value === 1);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Array.from(data, exactJson);
  }
  return Array.isArray(data) ? data : Array.from<unknown>(data);
}
