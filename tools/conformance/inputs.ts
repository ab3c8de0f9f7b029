/** An input or output as the model's metadata describe it; -1 is a dimension of any size. */
export interface Spec {
  name: string;
  datatype: string;
  shape: number[];
}

/** An input with its values, flat and in row-major order. */
export interface JsonInput extends Spec {
  data: unknown[];
}

/** How many elements a tensor of this shape has. */
export const elementCount = (shape: number[]) => shape.reduce((all, size) => all * size, 1);

/** Values for an input; every free dimension is 1. */
export function madeUp({ name, datatype, shape }: Spec): JsonInput {
  const sizes = shape.map((size) => (size === -1 ? 1 : size));
  const data = Array.from({ length: elementCount(sizes) }, (_, index) => value(datatype, index));
  return { name, datatype, shape: sizes, data };
}

function value(datatype: string, index: number): unknown {
  if (datatype === "BYTES") return "Où dîner à Nantes ce soir ?";
  if (datatype === "BOOL") return index % 2 === 0;
  // 16 bits hold eighths exactly; 1 is a number of something in every vocabulary.
  return datatype.includes("FP") ? (1 + (index % 7)) / 8 : 1;
}

/** The values in arrays nested like the shape. */
export function nested({ shape, data }: JsonInput): unknown {
  const level = (depth: number, from: number): unknown => {
    const size = shape[depth];
    if (size === undefined) return data[from];
    const width = elementCount(shape.slice(depth + 1));
    return Array.from({ length: size }, (_, index) => level(depth + 1, from + index * width));
  };
  return level(0, 0);
}
