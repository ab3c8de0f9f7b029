/** Memory of a tensor: BYTES are strings, BOOL are bytes 0 and 1, everything else is typed. */
export type TensorData =
  | string[]
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float16Array
  | Float32Array
  | Float64Array;

/** An array of numbers of one size. */
export interface NumberArray {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Exclude<TensorData, string[]>;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Exclude<TensorData, string[]>;
}

/** How elements of one datatype are kept and what they may be. */
export interface Kind {
  /** What holds the numbers; undefined for texts. */
  array: NumberArray | undefined;
  allocate: (length: number) => TensorData;
  /** The value to store for one from JSON; undefined when it does not fit. */
  element: (value: unknown) => string | number | bigint | undefined;
  /** What fits, as the end of a sentence. */
  takes: string;
  /** The elements as JSON Schema. */
  schema: Record<string, unknown>;
}

/** The datatypes of the Open Inference Protocol. */
export type Datatype = keyof typeof kinds;

/** What each datatype means. */
export const kinds = {
  BOOL: {
    array: Uint8Array,
    allocate: (length: number) => new Uint8Array(length),
    element: (value: unknown) =>
      value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : undefined,
    takes: "true or false",
    schema: { type: "boolean" },
  },
  UINT8: integer(Uint8Array, 0, 2 ** 8 - 1),
  UINT16: integer(Uint16Array, 0, 2 ** 16 - 1),
  UINT32: integer(Uint32Array, 0, 2 ** 32 - 1),
  UINT64: bigInteger(BigUint64Array, 0n, 2n ** 64n - 1n),
  INT8: integer(Int8Array, -(2 ** 7), 2 ** 7 - 1),
  INT16: integer(Int16Array, -(2 ** 15), 2 ** 15 - 1),
  INT32: integer(Int32Array, -(2 ** 31), 2 ** 31 - 1),
  INT64: bigInteger(BigInt64Array, -(2n ** 63n), 2n ** 63n - 1n),
  FP16: float(Float16Array, Math.f16round),
  FP32: float(Float32Array, Math.fround),
  FP64: float(Float64Array, (value) => value),
  BYTES: {
    array: undefined,
    allocate: (length: number) => Array.from<string>({ length }),
    // ONNX Runtime ends a string at U+0000 and cannot store half a surrogate pair.
    element: (value: unknown) =>
      typeof value === "string" && !value.includes("\0") && value.isWellFormed()
        ? value
        : undefined,
    takes: "text without the character U+0000",
    schema: { type: "string" },
  },
} satisfies Record<string, Kind>;

function integer(array: NumberArray, least: number, most: number): Kind {
  return {
    array,
    allocate: (length) => new array(length),
    element: (value) =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most
        ? (value as number)
        : undefined,
    takes: `whole numbers from ${least} to ${most}`,
    schema: { type: "integer", minimum: least, maximum: most },
  };
}

function bigInteger(array: NumberArray, least: bigint, most: bigint): Kind {
  return {
    array,
    allocate: (length) => new array(length),
    element: (value) => {
      if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return undefined;
      const exact = BigInt(value as bigint | number);
      return exact >= least && exact <= most ? exact : undefined;
    },
    takes: `whole numbers from ${least} to ${most}`,
    schema: { type: "integer" },
  };
}

function float(array: NumberArray, round: (value: number) => number): Kind {
  return {
    array,
    allocate: (length) => new array(length),
    element: (value) => {
      const number = typeof value === "bigint" ? Number(value) : value;
      return typeof number === "number" && Number.isFinite(round(number)) ? number : undefined;
    },
    takes: "finite numbers in its range",
    schema: { type: "number" },
  };
}
