import { isUtf8 } from "node:buffer";
import { InvalidInput } from "../../process/errors.ts";
import type { Datatype } from "../../tensors/datatypes.ts";
import { fromJson } from "../../tensors/json.ts";
import { elementCount, showShape, wrongCount } from "../../tensors/shape.ts";
import type { Tensor, TensorSpec } from "../../tensors/tensors.ts";
import type { Contents } from "./messages.ts";

/** Where the values of each datatype stand; those of FP16 are always raw. */
const fields = {
  BOOL: "bool_contents",
  UINT8: "uint_contents",
  UINT16: "uint_contents",
  UINT32: "uint_contents",
  UINT64: "uint64_contents",
  INT8: "int_contents",
  INT16: "int_contents",
  INT32: "int_contents",
  INT64: "int64_contents",
  FP16: undefined,
  FP32: "fp32_contents",
  FP64: "fp64_contents",
  BYTES: "bytes_contents",
} as const satisfies Record<Datatype, keyof Contents | undefined>;

/**
 * An input's tensor from the field for its datatype.
 *
 * @throws InvalidInput when the values are in another field, too many or too few, or do not fit
 */
export function fromContents(
  spec: TensorSpec,
  shape: number[],
  contents: Contents | null | undefined,
): Tensor {
  const { name, datatype } = spec;
  const field = fields[datatype];
  if (!field) {
    throw new InvalidInput(`Input "${name}" is ${datatype}; send its values in raw_input_contents`);
  }
  const values: unknown[] = contents?.[field] ?? [];
  if (values.length === 0 && elementCount(shape) > 0) {
    throw new InvalidInput(
      `Input "${name}" has no values; its shape ${showShape(shape)} needs ${elementCount(shape)} in contents.${field}, or their bytes in raw_input_contents`,
    );
  }
  if (values.length !== elementCount(shape)) throw wrongCount(spec, shape, values.length);
  return { datatype, shape, data: dataOf(spec, shape, values) };
}

function dataOf(spec: TensorSpec, shape: number[], values: unknown[]): Tensor["data"] {
  switch (spec.datatype) {
    // As in raw bytes, NaN and the infinities are numbers here.
    case "FP32":
      return Float32Array.from(values as number[]);
    case "FP64":
      return Float64Array.from(values as number[]);
    case "INT64":
      return BigInt64Array.from(values as string[], BigInt);
    case "UINT64":
      return BigUint64Array.from(values as string[], BigInt);
    case "BYTES":
      return fromJson(spec, shape, texts(spec, values as Buffer[])).data;
    default:
      return fromJson(spec, shape, values).data;
  }
}

function texts({ name }: TensorSpec, values: Buffer[]): string[] {
  const wrong = values.findIndex((value) => !isUtf8(value));
  if (wrong === -1) return values.map((value) => value.toString("utf8"));
  throw new InvalidInput(
    `Input "${name}" has bytes in element ${wrong} that are not UTF-8; only text can be kept`,
  );
}

/** Whether the values of a datatype can only be sent as bytes. */
export const isAlwaysRaw = (datatype: Datatype) => fields[datatype] === undefined;

/** The counterpart of fromContents. */
export function toContents({ datatype, data }: Tensor): Partial<Contents> {
  const field = fields[datatype];
  if (!field) throw new Error(`${datatype} has no field for its values`);
  return { [field]: Array.from<unknown, unknown>(data, wire[datatype] ?? ((value) => value)) };
}

/** How elements have to be written that are kept otherwise. */
const wire: Partial<Record<Datatype, (value: unknown) => unknown>> = {
  BOOL: (value) => value === 1,
  INT64: String,
  UINT64: String,
  BYTES: (value) => Buffer.from(value as string, "utf8"),
};
