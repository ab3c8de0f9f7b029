import { InvalidInput } from "../errors.ts";
import type { TensorSpec } from "./tensors.ts";

/** As many as NumPy allows, https://numpy.org/doc/stable/release/2.0.0-notes.html */
const maxDimensions = 64;

/**
 * The shape that a client gives for an input.
 *
 * @throws InvalidInput when it is no shape, or not one that the model takes
 */
export function checkedShape({ name, shape: expected }: TensorSpec, shape: unknown): number[] {
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw new InvalidInput(`Input "${name}" needs a shape; write an array of whole numbers`);
  }
  // ONNX Runtime says [] both of a scalar and of a tensor whose shape is not known beforehand.
  if (expected.length === 0 && shape.length <= maxDimensions) return shape;
  const fits = (size: number, index: number) => size === expected[index] || expected[index] === -1;
  if (shape.length === expected.length && shape.every(fits)) return shape;
  if (expected.length === 0) {
    throw new InvalidInput(
      `Input "${name}" has ${shape.length} dimensions; ${maxDimensions} are the most that are served`,
    );
  }
  const any = expected.includes(-1) ? ", where -1 is any size" : "";
  throw new InvalidInput(
    `Input "${name}" has the shape ${showShape(shape)}; the model takes ${showShape(expected)}${any}`,
  );
}

const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && Number(size) >= 0;

/** How many elements a tensor of this shape has. */
export const elementCount = (shape: number[]) => shape.reduce((all, size) => all * size, 1);

/** A shape as it stands in a sentence, which a client must not make longer and longer. */
export const showShape = (shape: number[]) =>
  `[${shape.slice(0, maxDimensions).join(", ")}${shape.length > maxDimensions ? ", …" : ""}]`;

/** Tells of a number of elements that does not go with the shape. */
export function wrongCount({ name }: TensorSpec, shape: number[], count: number): InvalidInput {
  const elements = count === 1 ? "1 element" : `${count} elements`;
  return new InvalidInput(
    `Input "${name}" has ${elements}; its shape ${showShape(shape)} needs ${elementCount(shape)}`,
  );
}
