import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as onnxruntime from "onnxruntime-node";
import type { Datatype } from "../tensors/datatypes.ts";
import { InvalidInput } from "../errors.ts";
import { metadataProps } from "./metadata.ts";
import type { Tensor, Tensors, TensorSpec } from "../tensors/tensors.ts";

/** What a model file says about itself. */
export interface Description {
  name: string;
  /** SHA-256 of the file, in hexadecimal. */
  sha256: string;
  sizeBytes: number;
  inputs: TensorSpec[];
  outputs: TensorSpec[];
  /** Outputs that are no tensors; nobody can ask for them. */
  unusable: string[];
  /** The file's metadata_props. */
  metadata: Map<string, string>;
}

/** Outputs of one run and how long ONNX Runtime computed. */
export interface Run {
  outputs: Tensors;
  seconds: number;
}

/** A loaded model. */
export interface Model {
  description: Description;
  /**
   * Computes the named outputs. Blocks the process while it computes.
   *
   * @throws InvalidInput when ONNX Runtime refuses the inputs
   */
  run: (inputs: Tensors, outputs: string[]) => Promise<Run>;
  close: () => Promise<void>;
}

/** Where a model is and how it is to be run. */
export interface Source {
  path: string;
  name: string;
  /** Digest that the file must have. */
  sha256?: string | undefined;
  /** Threads that one run may use. */
  threads: number;
}

/** Reads, verifies and loads a model file; every error is a sentence that says what is wrong. */
export async function loadModel({ path, name, sha256, threads }: Source): Promise<Model> {
  const file = await read(path);
  const found = createHash("sha256").update(file).digest("hex");
  if (sha256 && found !== sha256) {
    throw new Error(`${path} has the SHA-256 ${found}, but ${sha256} is demanded`);
  }
  // The very bytes that were verified are loaded, not the path.
  const { session, metadata } = await parse(path, file, threads);
  const outputs = session.outputMetadata.filter(({ isTensor }) => isTensor).map(tensorSpec);
  if (outputs.length === 0) {
    throw new Error(
      `${path} has no tensor among its outputs; convert models of scikit-learn with zipmap=False`,
    );
  }
  return {
    description: {
      name,
      sha256: found,
      sizeBytes: file.length,
      inputs: session.inputMetadata.map(tensorSpec),
      outputs,
      unusable: session.outputMetadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name),
      metadata,
    },
    run: (inputs, outputs) => run(session, inputs, outputs),
    close: () => session.release(),
  };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : message;
    throw new Error(`Could not read the model ${path}: ${reason}; is MODEL_PATH right?`, {
      cause: error,
    });
  }
}

async function parse(path: string, file: Buffer, threads: number) {
  try {
    const metadata = metadataProps(file);
    const session = await onnxruntime.InferenceSession.create(file, {
      executionMode: "sequential",
      interOpNumThreads: 1,
      intraOpNumThreads: threads,
      // Waiting threads would burn the CPU that the next request needs.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
      // Errors are thrown, so they need no second line on the standard error.
      logSeverityLevel: 4,
    });
    return { session, metadata };
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
    throw new InvalidInput(`The model does not take this input: ${reason(error)}`);
  }
}

/** What ONNX Runtime says, in one line and without where in its own source it says so. */
function reason(error: unknown): string {
  const message = (error as Error).message;
  const status = message.split("Status Message: ").at(-1) ?? message;
  return status.split("\n")[0]?.replace(/^\/\S+:\d+ /, "") ?? status;
}

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
    throw new Error(`"${value.name}" is of the type ${type}, which nothing here can carry`);
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
