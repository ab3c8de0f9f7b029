import * as onnxruntime from "onnxruntime-node";
import type { Datatype } from "../tensors/datatypes.ts";
import { InvalidInput } from "../process/errors.ts";
import { metadata } from "./metadata.ts";
import { reason } from "./reason.ts";
import type { Tensor, Tensors, TensorSpec } from "../tensors/tensors.ts";

/** What a model's graph and its `metadata_props` say. */
export interface Signature {
  inputs: TensorSpec[];
  outputs: TensorSpec[];
  /** Outputs that are not tensors; they cannot be requested. */
  unusable: string[];
  metadata: Map<string, string>;
  /** Version of the standard operators; undefined when the model uses none of them. */
  opset: number | undefined;
}

/** Outputs of one run and how long ONNX Runtime computed. */
export interface Run {
  outputs: Tensors;
  seconds: number;
}

/** A model in the memory of ONNX Runtime. */
export interface Session {
  signature: Signature;
  /**
   * Computes the named outputs.
   *
   * @throws InvalidInput when ONNX Runtime refuses the inputs
   */
  run: (inputs: Tensors, outputs: string[]) => Promise<Run>;
  close: () => Promise<void>;
}

/** How a session is opened. */
export interface SessionOptions {
  /** Where the bytes come from, for messages. */
  path: string;
  /** Threads that one run may use. */
  threads: number;
}

/** Opens a model in this thread, which a run then blocks; errors are sentences. */
export async function openSession(file: Uint8Array, options: SessionOptions): Promise<Session> {
  const { session, props, opset } = await parse(file, options);
  const outputs = session.outputMetadata.filter(({ isTensor }) => isTensor).map(tensorSpec);
  if (outputs.length === 0) {
    throw new Error(
      `${options.path} has no tensor among its outputs; convert models of scikit-learn with zipmap=False`,
    );
  }
  return {
    signature: {
      inputs: session.inputMetadata.map(tensorSpec),
      outputs,
      unusable: session.outputMetadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name),
      metadata: props,
      opset,
    },
    run: (inputs, names) => run(session, inputs, names),
    close: () => session.release(),
  };
}

async function parse(file: Uint8Array, { path, threads }: SessionOptions) {
  try {
    const { props, opset } = metadata(file);
    const session = await onnxruntime.InferenceSession.create(file, {
      executionMode: "sequential",
      interOpNumThreads: 1,
      intraOpNumThreads: threads,
      // Waiting threads would burn the CPU that the next request needs.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
      // Batches differ in size, and a pattern kept for each costs memory and saves no time: after
      // a large run a process had 363 MiB with it and 229 MiB without.
      enableMemPattern: false,
      // Errors are thrown, so they need no second line on the standard error.
      logSeverityLevel: 4,
    });
    return { session, props, opset };
  } catch (error) {
    throw new Error(`${path} is not a model that ONNX Runtime loads: ${reason(error)}`, {
      cause: error,
    });
  }
}

async function run(
  session: onnxruntime.InferenceSession,
  inputs: Tensors,
  outputs: string[],
): Promise<Run> {
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, toRuntime(tensor)]),
  );
  // session.run computes in the next turn of the event loop; the clock starts in the same turn.
  let started = 0;
  setImmediate(() => (started = performance.now()));
  try {
    const results = await session.run(feeds, outputs);
    const seconds = (performance.now() - started) / 1000;
    const named = outputs.map((name) => [name, fromRuntime(results[name])] as const);
    return { outputs: Object.fromEntries(named), seconds };
  } catch (error) {
    throw isOutOfMemory(error)
      ? new Error(`ONNX Runtime has not enough memory for this run: ${reason(error)}`)
      : new InvalidInput(`The model does not take this input: ${reason(error)}`);
  }
}

/**
 * Whether the server is to blame. onnxruntime-node drops the code of an error, so only the text
 * tells; names and types were checked before, so all others come from values and sizes.
 */
const isOutOfMemory = (error: unknown) =>
  /failed to allocate memory|bad_alloc|out of memory/i.test((error as Error).message);

const datatypes: Record<string, Datatype> = {
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
};

const runtimeTypes = Object.fromEntries(
  Object.entries(datatypes).map(([type, datatype]) => [datatype, type]),
);

function tensorSpec(value: onnxruntime.InferenceSession.ValueMetadata): TensorSpec {
  const type = value.isTensor ? value.type : "no tensor";
  const datatype = datatypes[type];
  if (!value.isTensor || !datatype) {
    throw new Error(`"${value.name}" is of the unsupported type ${type}`);
  }
  const sizes = value.shape.map((size) => (typeof size === "number" ? size : -1));
  return { name: value.name, datatype, shape: sizes };
}

function toRuntime({ datatype, shape, data }: Tensor): onnxruntime.Tensor {
  // A plain object: the constructor makes a Float16Array of FP16, which the native part of
  // onnxruntime-node 1.30 cannot read.
  const plain = {
    location: "cpu",
    type: runtimeTypes[datatype],
    dims: shape,
    data: data instanceof Float16Array ? halves(data) : data,
  };
  return plain as unknown as onnxruntime.Tensor;
}

const halves = ({ buffer, byteOffset, length }: Float16Array) =>
  new Uint16Array(buffer, byteOffset, length);

function fromRuntime(value: onnxruntime.Tensor | undefined): Tensor {
  const datatype = datatypes[value?.type ?? ""];
  if (!value || !datatype) throw new Error("ONNX Runtime left out an output");
  return { datatype, shape: [...value.dims], data: value.data };
}
