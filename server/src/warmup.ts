import type { Model } from "./model.ts";
import { joinRows, tensor, type Tensor, type Tensors, type TensorSpec } from "./tensors.ts";

/** What the first runs of a model showed. */
export interface WarmUp {
  /** Made-up inputs that the model takes; undefined when it refuses them. */
  example: Tensors | undefined;
  /** Whether each row of the outputs depends on the same row of the inputs only. */
  rowwise: boolean;
  seconds: number;
}

/**
 * Runs the model on made-up inputs, so that the first request does not wait for what ONNX Runtime
 * sets up at the first run.
 */
export async function warmUp(model: Model): Promise<WarmUp> {
  const started = performance.now();
  const example = exampleInputs(model.description.inputs, [0]);
  const accepted = (await attempt(model, example)) !== undefined;
  const rowwise = accepted && (await isRowwise(model));
  const seconds = (performance.now() - started) / 1000;
  return { example: accepted ? example : undefined, rowwise, seconds };
}

/**
 * Whether two rows in one run give what each gives alone. A free first dimension does not promise
 * that: it may be a time, or the model may take the mean over all rows.
 */
async function isRowwise(model: Model): Promise<boolean> {
  const { inputs } = model.description;
  if (inputs.length === 0 || inputs.some(({ shape }) => shape[0] !== -1)) return false;
  const first = await attempt(model, exampleInputs(inputs, [0]));
  const second = await attempt(model, exampleInputs(inputs, [1]));
  const both = await attempt(model, exampleInputs(inputs, [0, 1]));
  if (!first || !second || !both) return false;
  return Object.entries(both).every(([name, together]) => {
    const alone = [first[name], second[name]].filter((tensor) => tensor?.shape[0] === 1);
    return alone.length === 2 && isClose(together, joinRows(alone as Tensor[]));
  });
}

async function attempt(model: Model, inputs: Tensors): Promise<Tensors | undefined> {
  const names = model.description.outputs.map(({ name }) => name);
  try {
    return (await model.run(inputs, names)).outputs;
  } catch {
    return undefined;
  }
}

/** Made-up inputs with these rows; every other free dimension is 1. */
function exampleInputs(specs: TensorSpec[], rows: number[]): Tensors {
  return Object.fromEntries(specs.map((spec) => [spec.name, exampleTensor(spec, rows)]));
}

function exampleTensor({ datatype, shape }: TensorSpec, rows: number[]): Tensor {
  const sizes = shape.map((size, index) => (size >= 0 ? size : index === 0 ? rows.length : 1));
  const size = sizes.reduce((product, dimension) => product * dimension, 1);
  const values = Array.from({ length: size }, (_, index) => {
    const row = rows[Math.floor((index * rows.length) / size)] ?? 0;
    if (datatype === "BYTES") return sentences[row];
    // 1 and 0 are numbers of something in most vocabularies.
    return datatype.startsWith("FP") ? (1 + ((index + 4 * row) % 7)) / 8 : 1 - row;
  });
  return tensor(datatype, sizes, values);
}

const sentences = ["Je cherche un restaurant italien pas trop cher", "Un billet pour Lyon demain"];

/** Whether two tensors are equal but for the rounding of sums in another order. */
function isClose(one: Tensor, other: Tensor): boolean {
  const isEqual = (value: unknown, expected: unknown) =>
    Object.is(value, expected) ||
    (typeof value === "number" &&
      typeof expected === "number" &&
      Math.abs(value - expected) <= 1e-6 + 1e-3 * Math.abs(expected));
  return (
    one.shape.join() === other.shape.join() &&
    Array.from<unknown>(one.data).every((value, index) => isEqual(value, other.data[index]))
  );
}
