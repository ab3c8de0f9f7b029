import { size } from "./batch.ts";
import { longestInlineSeconds } from "./execution.ts";
import type { Model } from "./model.ts";
import { RunTimes, type Timing } from "./run-times.ts";
import type { Run } from "./session.ts";
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
  seconds: number;
}

/**
 * Runs the model on made-up inputs, so that the first request does not wait for what ONNX Runtime
 * sets up at the first run.
 *
 * @param mayMove whether to move the model to a thread when its runs are long
 */
export async function warmUp(model: Model, mayMove = false): Promise<WarmUp> {
  const started = performance.now();
  const times = new RunTimes();
  const inputs = exampleInputs(model.description.inputs, 0);
  const first = await attempt(model, inputs);
  let rowwise = false;
  if (first) {
    const one = await fastest(model, inputs);
    // Before anything else is run: runs that are too long keep probes from being answered.
    if (mayMove && one.seconds > longestInlineSeconds) await model.moveToThread();
    const two = await twoRows(model, { inputs, outputs: first.outputs });
    rowwise = two !== undefined;
    if (two) times.calibrate(one, await moreRows(model, inputs, two));
    else times.observe(one.bytes, one.seconds);
  }
  const example = first && { inputs, outputs: first.outputs };
  return { example, rowwise, times, seconds: (performance.now() - started) / 1000 };
}

/** The fastest of a few runs, because anything may disturb one. */
async function fastest(model: Model, inputs: Tensors): Promise<Timing> {
  let seconds = Infinity;
  for (let runs = 0, total = 0; runs < 3 && total < enoughSeconds; runs++) {
    const run = await model.run(inputs, outputNames(model));
    seconds = Math.min(seconds, run.seconds);
    total += run.seconds;
  }
  return { bytes: size(inputs), seconds };
}

/** Seconds of runs that say enough about how long they take. */
const enoughSeconds = 0.05;

/** How long several rows in one run take; those that were seen are enough when they took long. */
async function moreRows(model: Model, row: Tensors, two: Timing): Promise<Timing> {
  return two.seconds > enoughSeconds ? two : fastest(model, joinTensors(Array(4).fill(row)));
}

/**
 * How long two rows in one run take; undefined unless they give what each gives alone. A free
 * first dimension does not promise that: it may be a time, or the model may take the mean over all
 * rows.
 */
async function twoRows(model: Model, first: Example): Promise<Timing | undefined> {
  const specs = model.description.inputs;
  if (specs.length === 0 || specs.some(({ shape }) => shape[0] !== -1)) return undefined;
  const others = exampleInputs(specs, 1);
  const inputs = joinTensors([first.inputs, others]);
  const second = await attempt(model, others);
  const both = await attempt(model, inputs);
  if (!second || !both) return undefined;
  const apart = joinTensors([first.outputs, second.outputs]);
  const areApart = Object.entries(both.outputs).every(
    ([name, together]) => together.shape[0] === 2 && isClose(together, apart[name] as Tensor),
  );
  return areApart ? { bytes: size(inputs), seconds: both.seconds } : undefined;
}

async function attempt(model: Model, inputs: Tensors): Promise<Run | undefined> {
  try {
    return await model.run(inputs, outputNames(model));
  } catch {
    return undefined;
  }
}

const outputNames = (model: Model) => model.description.outputs.map(({ name }) => name);

/** One of two made-up inputs; every free dimension is 1. */
function exampleInputs(specs: TensorSpec[], variant: 0 | 1): Tensors {
  return Object.fromEntries(specs.map((spec) => [spec.name, exampleTensor(spec, variant)]));
}

function exampleTensor({ datatype, shape }: TensorSpec, variant: 0 | 1): Tensor {
  const sizes = shape.map((length) => (length === -1 ? 1 : length));
  const count = sizes.reduce((product, length) => product * length, 1);
  const values = Array.from({ length: count }, (_, index) => {
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
