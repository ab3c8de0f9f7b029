import { onnx } from "../../support/onnx.ts";
import { randomFrom } from "../../../model/src/corpus/random.ts";
import { greatest } from "./questions.ts";

/** Numbers that the tiny model takes and gives. */
const size = { input: 8, output: 4 };

const weight = randomFrom("the tiny model");
const weights = Float32Array.from({ length: size.input * size.output }, () => weight() - 0.5);
const bias = Float32Array.from({ length: size.output }, () => weight() - 0.5);

/** A model that computes next to nothing: `y` is `x`, eight numbers, times a matrix plus a vector. */
export function tinyModel(): Buffer {
  return onnx({
    inputs: [{ name: "x", type: "float", shape: ["N", size.input] }],
    outputs: [{ name: "y", type: "float", shape: ["N", size.output] }],
    nodes: [{ operator: "Gemm", inputs: ["x", "w", "b"], outputs: ["y"] }],
    constants: {
      w: { shape: [size.input, size.output], data: weights },
      b: { shape: [size.output], data: bias },
    },
  });
}

/** Rows for the tiny model, and the position of the greatest number of what it answers to each. */
export function tinyRows(count: number): { numbers: number[]; position: number }[] {
  const random = randomFrom("rows");
  return Array.from({ length: count }, () => {
    // Two decimals, as in a hand-written request, and not sixteen digits each.
    const numbers = Array.from({ length: size.input }, () => Number((random() * 10).toFixed(2)));
    return { numbers, position: greatest(linear(numbers)) };
  });
}

function linear(numbers: number[]): number[] {
  return [...bias].map((start, column) =>
    numbers.reduce(
      (sum, x, row) => sum + x * (weights[row * size.output + column] as number),
      start,
    ),
  );
}
