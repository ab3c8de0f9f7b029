import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../server/src/process/environment.ts";
import { onnx, type ElementType } from "../../tools/support/onnx.ts";
import { serverProcess, type ServerProcess } from "../../tools/support/server-process.ts";

/** A server process as clients find it. */
export interface Served extends ServerProcess {
  /** Where gRPC listens, as gRPC clients write it. */
  grpc: string;
}

/** Starts a server process for a file, or for the bytes of one, and waits until it serves. */
export async function served(
  model: string | Uint8Array,
  environment: Environment = {},
): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-model-"));
  const file = typeof model === "string" ? model : join(folder, "model.onnx");
  if (typeof model !== "string") writeFileSync(file, model);
  const server = await serverProcess({
    MODEL_PATH: file,
    MODEL_NAME: "test",
    GRPC_PORT: "0",
    DRAIN_SECONDS: "0",
    ...environment,
  });
  const { grpcPort } = await server.logged("Listening");
  await server.logged("Serving");
  rmSync(folder, { recursive: true });
  return { ...server, grpc: `localhost:${Number(grpcPort)}` };
}

/** Lets a test use a server process and ends it, whatever becomes of the test. */
export async function withServed(
  model: string | Uint8Array,
  use: (server: Served) => Promise<void>,
  environment: Environment = {},
): Promise<void> {
  const server = await served(model, environment);
  try {
    await use(server);
  } finally {
    server.kill("SIGTERM");
    await server.ended;
  }
}

/** The datatypes of the Open Inference Protocol and their names in ONNX. */
const datatypes: Record<string, ElementType> = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  FP32: "float",
  FP64: "double",
  BYTES: "string",
};

/** A model that answers an input of each datatype, named like it, as `<name>_out`. */
export function everyDatatype(): Buffer {
  const values = Object.entries(datatypes);
  const shape = ["N", 2];
  return onnx({
    inputs: values.map(([name, type]) => ({ name, type, shape })),
    outputs: values.map(([name, type]) => ({ name: `${name}_out`, type, shape })),
    nodes: values.map(([name]) => ({
      operator: "Identity",
      inputs: [name],
      outputs: [`${name}_out`],
    })),
  });
}

/** A tensor as the Python side takes it: 64 bit integers are texts. */
export interface ClientTensor {
  name: string;
  datatype: string;
  shape: number[];
  data: unknown[];
  /** Whether it is sent as bytes; the client decides unless given. */
  binary?: boolean;
}

/** Edges of each datatype; for `everyDatatype()`. */
export const extremes: ClientTensor[] = Object.entries({
  BOOL: [true, false],
  UINT8: [0, 255],
  UINT16: [0, 65535],
  UINT32: [0, 4294967295],
  UINT64: ["9007199254740993", "18446744073709551615"],
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  INT32: [-2147483648, 2147483647],
  INT64: ["-9223372036854775808", "9007199254740993"],
  FP16: [0.333251953125, -65504],
  FP32: [0.10000000149011612, 3.4028234663852886e38],
  FP64: [0.1, 1.7976931348623157e308],
  BYTES: ["Où est l'hôtel ? 🏨", ""],
}).map(([datatype, data]) => ({ name: datatype, datatype, shape: [1, 2], data }));

/** What `everyDatatype()` answers to them. */
export function echoed(
  tensors: ClientTensor[] = extremes,
  more: { binary?: boolean } = {},
): Record<string, unknown> {
  return Object.fromEntries(
    tensors.map(({ name, datatype, shape, data }) => [
      `${name}_out`,
      { datatype, shape, data, ...more },
    ]),
  );
}
