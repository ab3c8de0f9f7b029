import { onnx, type ElementType, type Graph } from "./onnx.ts";

/** Answers its input `x` as `y`. */
export function identity(type: ElementType, shape: (number | string)[] = ["N"]): Buffer {
  return onnx({
    inputs: [{ name: "x", type, shape }],
    outputs: [{ name: "y", type, shape }],
    nodes: [{ operator: "Identity", inputs: ["x"], outputs: ["y"] }],
  });
}

/** A linear model: `y` is `x` (four numbers per row) times a matrix plus [10, 20, 30]. */
export function linear(rows: number | string = "N"): Buffer {
  return onnx({
    inputs: [{ name: "x", type: "float", shape: [rows, 4] }],
    outputs: [{ name: "y", type: "float", shape: [rows, 3] }],
    nodes: [{ operator: "Gemm", inputs: ["x", "w", "b"], outputs: ["y"] }],
    constants: {
      w: { shape: [4, 3], data: new Float32Array([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]) },
      b: { shape: [3], data: new Float32Array([10, 20, 30]) },
    },
  });
}

/** Two inputs of whole numbers, `a` and `b`, and two outputs, `sum` and `difference`. */
export function sumAndDifference(shape: (number | string)[] = ["N", 2]): Buffer {
  return onnx({
    inputs: ["a", "b"].map((name) => ({ name, type: "int32", shape })),
    outputs: ["sum", "difference"].map((name) => ({ name, type: "int32", shape })),
    nodes: [
      { operator: "Add", inputs: ["a", "b"], outputs: ["sum"] },
      { operator: "Sub", inputs: ["a", "b"], outputs: ["difference"] },
    ],
  });
}

/** Takes from each row the mean of all rows: a free first dimension that must not be batched. */
export function centred(): Buffer {
  return onnx({
    inputs: [{ name: "x", type: "float", shape: ["N", 2] }],
    outputs: [{ name: "y", type: "float", shape: ["N", 2] }],
    nodes: [
      {
        operator: "ReduceMean",
        inputs: ["x"],
        outputs: ["mean"],
        attributes: { axes: { ints: [0] } },
      },
      { operator: "Sub", inputs: ["x", "mean"], outputs: ["y"] },
    ],
  });
}

/** Looks up `y` = 100 + `id` for the ids 0 to 9, and fails on every other. */
export function lookup(): Buffer {
  const rows = Float32Array.from({ length: 10 }, (_, id) => 100 + id);
  return onnx({
    inputs: [{ name: "id", type: "int64", shape: ["N"] }],
    outputs: [{ name: "y", type: "float", shape: ["N", 1] }],
    nodes: [{ operator: "Gather", inputs: ["rows", "id"], outputs: ["y"] }],
    constants: { rows: { shape: [10, 1], data: rows } },
  });
}

/** As scikit-learn's converter writes it: beside a tensor an output that is a list of maps. */
export function zipMap(): Buffer {
  return onnx({
    inputs: [{ name: "x", type: "float", shape: ["N", 2] }],
    outputs: [
      { name: "scores", type: "float", shape: ["N", 2] },
      { name: "maps", shape: [] },
    ],
    nodes: [
      { operator: "Identity", inputs: ["x"], outputs: ["scores"] },
      {
        operator: "ZipMap",
        domain: "ai.onnx.ml",
        inputs: ["x"],
        outputs: ["maps"],
        attributes: { classlabels_strings: { strings: ["yes", "no"] } },
      },
    ],
  });
}

/** The intents of `intents()`, in its order. */
export const labels = ["greet", "leave", "other"];

/** What `intents()` answers to "bonjour", to "au revoir" and to anything else. */
export const probabilities = [
  [0.75, 0.125, 0.125],
  [0.125, 0.625, 0.25],
  [0.25, 0.25, 0.5],
];

/** An intent classifier for two sentences; `changes` replaces parts of the graph. */
export function intents(changes: Partial<Graph> = {}): Buffer {
  const ml = "ai.onnx.ml";
  return onnx({
    inputs: [{ name: "sentence", type: "string", shape: ["N"] }],
    outputs: [
      { name: "label", type: "string", shape: ["N"] },
      { name: "probabilities", type: "float", shape: ["N", 3] },
    ],
    nodes: [
      {
        operator: "LabelEncoder",
        domain: ml,
        inputs: ["sentence"],
        outputs: ["row"],
        attributes: {
          keys_strings: { strings: ["bonjour", "au revoir"] },
          values_int64s: { ints: [0, 1] },
          default_int64: { int: 2 },
        },
      },
      { operator: "Gather", inputs: ["table", "row"], outputs: ["probabilities"] },
      {
        operator: "LabelEncoder",
        domain: ml,
        inputs: ["row"],
        outputs: ["label"],
        attributes: { keys_int64s: { ints: [0, 1, 2] }, values_strings: { strings: labels } },
      },
    ],
    constants: { table: { shape: [3, 3], data: new Float32Array(probabilities.flat()) } },
    metadata: {
      task: "intent-classification",
      labels: JSON.stringify(labels),
      languages: '["fr-FR"]',
    },
    ...changes,
  });
}

/** Multiplies its input by one matrix, so many times that it takes a while: about 15 µs each. */
export function slow(products: number, width = 256): Buffer {
  const shape = [1, width];
  return onnx({
    inputs: [{ name: "x0", type: "float", shape }],
    outputs: [{ name: `x${products}`, type: "float", shape }],
    nodes: Array.from({ length: products }, (_, index) => ({
      operator: "MatMul",
      inputs: [`x${index}`, "w"],
      outputs: [`x${index + 1}`],
    })),
    constants: {
      w: { shape: [width, width], data: new Float32Array(width * width).fill(1 / width) },
    },
  });
}
