import { InvalidInput } from "../process/errors.ts";
import type { TensorSpec } from "./tensors.ts";

/** As many as NumPy allows, https://numpy.org/doc/stable/release/2.0.0-notes.html */
const maxDimensions = 64;

/** How large the free dimensions of a tensor without elements may be, multiplied. */
const maxAround = 2 ** 24;

/**
 * The shape that a client gives for an input.
 *
 * @throws InvalidInput when it is no shape, or not one that the model takes
 */
export function checkedShape({ name, shape: expected }: TensorSpec, shape: unknown): number[] {
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw new InvalidInput(`Input "${name}" needs a shape; write an array of whole numbers`);
  }
  if (!fits(shape, expected)) {
    const any = expected.includes(-1) ? ", where -1 is any size" : "";
    throw new InvalidInput(
      `Input "${name}" has the shape ${showShape(shape)}; the model takes ${takes(expected)}${any}`,
    );
  }
  // A short request must not make the model set memory aside for a long answer.
  if (shape.includes(0) && around(shape, expected) > maxAround) {
    throw new InvalidInput(
      `Input "${name}" has no elements, but the shape ${showShape(shape)}; make its other dimensions smaller`,
    );
  }
  return shape;
}

const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && Number(size) >= 0;

/** ONNX Runtime says [] both of a scalar and of a tensor whose shape is not known beforehand. */
function fits(shape: number[], expected: number[]): boolean {
  if (expected.length === 0) return shape.length <= maxDimensions;
  return (
    shape.length === expected.length &&
    shape.every((size, index) => size === expected[index] || expected[index] === -1)
  );
}

const takes = (expected: number[]) =>
  expected.length === 0 ? `any with up to ${maxDimensions} dimensions` : showShape(expected);

const around = (shape: number[], expected: number[]) =>
  elementCount(shape.filter((size, index) => size !== 0 && (expected[index] ?? -1) === -1));

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
