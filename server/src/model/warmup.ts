import { size } from "./batch.ts";
import type { Model } from "./model.ts";
import { RunTimes, type Timing } from "./run-times.ts";
import {
  joinTensors,
  tensor,
  type Tensor,
  type Tensors,
  type TensorSpec,
} from "../tensors/tensors.ts";

/** Made-up inputs that a model takes, and what it answers to them. */
export interface Example {
  inputs: Tensors;
  outputs: Tensors;
}

/** What the first runs of a model showed. */
export interface WarmUp {
  /** Undefined when the model refuses made-up inputs. */
  example: Example | undefined;
  /** Whether each row of the outputs depends on the same row of the inputs only. */
  rowwise: boolean;
  /** What is known of how long runs take. */
  times: RunTimes;
  /** Seconds of a run for one row; 0 without an example. */
  runSeconds: number;
  seconds: number;
}

/**
 * Runs the model on made-up inputs, so that the first request does not wait for what ONNX Runtime
 * sets up at the first run.
 */
export async function warmUp(model: Model): Promise<WarmUp> {
  const started = performance.now();
  const inputs = exampleInputs(model.description.inputs, 0);
  const outputs = await attempt(model, inputs);
  const example = outputs && { inputs, outputs };
  const rowwise = example !== undefined && (await isRowwise(model, example));
  const times = new RunTimes();
  const runSeconds = example ? await measure(model, inputs, rowwise, times) : 0;
  return { example, rowwise, times, runSeconds, seconds: (performance.now() - started) / 1000 };
}

/** Learns how long a row takes and, where rows can share a run, how long one more. */
async function measure(
  model: Model,
  inputs: Tensors,
  rowwise: boolean,
  times: RunTimes,
): Promise<number> {
  const one = await fastest(model, inputs);
  if (rowwise) times.calibrate(one, await fastest(model, joinTensors(Array(4).fill(inputs))));
  else times.observe(one.bytes, one.seconds);
  return one.seconds;
}

/** The fastest of a few runs, because anything may disturb one. */
async function fastest(model: Model, inputs: Tensors): Promise<Timing> {
  const names = model.description.outputs.map(({ name }) => name);
  const bytes = size(inputs);
  let seconds = Infinity;
  for (let runs = 0, total = 0; runs < 3 && total < 0.05; runs++) {
    const run = await model.run(inputs, names);
    seconds = Math.min(seconds, run.seconds);
    total += run.seconds;
  }
  return { bytes, seconds };
}

/**
 * Whether two rows in one run give what each gives alone. A free first dimension does not promise
 * that: it may be a time, or the model may take the mean over all rows.
 */
async function isRowwise(model: Model, first: Example): Promise<boolean> {
  const { inputs } = model.description;
  if (inputs.length === 0 || inputs.some(({ shape }) => shape[0] !== -1)) return false;
  const others = exampleInputs(inputs, 1);
  const second = await attempt(model, others);
  const both = await attempt(model, joinTensors([first.inputs, others]));
  if (!second || !both) return false;
  const apart = joinTensors([first.outputs, second]);
  return Object.entries(both).every(
    ([name, together]) => together.shape[0] === 2 && isClose(together, apart[name] as Tensor),
  );
}

async function attempt(model: Model, inputs: Tensors): Promise<Tensors | undefined> {
  const names = model.description.outputs.map(({ name }) => name);
  try {
    return (await model.run(inputs, names)).outputs;
  } catch {
    return undefined;
  }
}

/** One of two made-up inputs; every free dimension is 1. */
function exampleInputs(specs: TensorSpec[], variant: 0 | 1): Tensors {
  return Object.fromEntries(specs.map((spec) => [spec.name, exampleTensor(spec, variant)]));
}

function exampleTensor({ datatype, shape }: TensorSpec, variant: 0 | 1): Tensor {
  const sizes = shape.map((size) => (size === -1 ? 1 : size));
  const length = sizes.reduce((product, size) => product * size, 1);
  const values = Array.from({ length }, (_, index) => {
    if (datatype === "BYTES") return sentences[variant];
    // 1 and 0 are numbers of something in every vocabulary.
    return datatype.startsWith("FP") ? (1 + ((index + 4 * variant) % 7)) / 8 : 1 - variant;
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
