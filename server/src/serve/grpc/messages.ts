import { join } from "node:path";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync, type MessageTypeDefinition } from "@grpc/proto-loader";

/** A request that names a model. */
export interface ModelRequest {
  name: string;
  version: string;
}

/** A tensor of a request; 64 bit integers are texts. */
export interface InferInputTensor {
  name: string;
  datatype: string;
  shape: string[];
  /** Null when unset. */
  contents: Contents | null;
}

/** A request to compute. */
export interface ModelInferRequest {
  model_name: string;
  model_version: string;
  id: string;
  inputs: InferInputTensor[];
  outputs: { name: string }[];
  raw_input_contents: Buffer[];
}

/** What was computed. */
export interface ModelInferResponse {
  model_name: string;
  model_version: string;
  id: string;
  outputs: { name: string; datatype: string; shape: number[]; contents?: Partial<Contents> }[];
  raw_output_contents?: Buffer[];
}

/** The values of a tensor, in one of the fields; 64 bit integers are texts. */
export interface Contents {
  bool_contents: boolean[];
  int_contents: number[];
  int64_contents: string[];
  uint_contents: number[];
  uint64_contents: string[];
  fp32_contents: number[];
  fp64_contents: number[];
  bytes_contents: Buffer[];
}

/** Stands for a message that cannot be read. */
export const unreadable = Symbol("unreadable");

/** The services as the gRPC library takes them; the files lie beside this one, or the bundle. */
export function loadServices(): { inference: ServiceDefinition; health: ServiceDefinition } {
  const files = ["inference.proto", "health.proto"].map((file) => join(import.meta.dirname, file));
  const loaded = loadSync(files, { keepCase: true, longs: String, enums: String, defaults: true });
  return {
    inference: forgiving(loaded["inference.GRPCInferenceService"]),
    health: forgiving(loaded["grpc.health.v1.Health"]),
  };
}

type Loaded = ServiceDefinition | MessageTypeDefinition<object, object> | object | undefined;

/** Lets a handler answer for a message that cannot be read; the library would blame the server. */
function forgiving(loaded: Loaded): ServiceDefinition {
  const methods = Object.entries(loaded as ServiceDefinition).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): unknown => {
      try {
        return method.requestDeserialize(bytes);
      } catch {
        return unreadable;
      }
    };
    return [name, { ...method, requestDeserialize }] as const;
  });
  return Object.fromEntries(methods);
}
