import { InvalidInput } from "../process/errors.ts";
import { describe } from "../process/json.ts";
import type { Description } from "../model/model.ts";
import { fromBytes, toBytes } from "../tensors/binary.ts";
import type { Datatype } from "../tensors/datatypes.ts";
import { fromJson, toJson, type JsonTensor } from "../tensors/json.ts";
import type { Tensor, Tensors, TensorSpec } from "../tensors/tensors.ts";
import { modelVersion } from "./model.ts";
import { checkedParameters, flag, type Parameters } from "./parameters.ts";
import { inputTensors, names, outputNames } from "./request.ts";

/** The body of a request: JSON and, when the client has sent it so, binary tensors behind it. */
export interface InferBody {
  json: unknown;
  binary?: Buffer | undefined;
}

/** What a request of the Open Inference Protocol asks for. */
export interface InferRequest {
  /** To be repeated in the answer. */
  id: string | undefined;
  /** A tensor for each input of the model. */
  inputs: Tensors;
  /** Names of the outputs to answer, in this order. */
  outputs: string[];
  /** Those of the outputs to answer as binary tensors. */
  binary: ReadonlySet<string>;
}

/** The JSON of an answer. */
export interface InferResponse {
  model_name: string;
  model_version: string;
  id: string | undefined;
  outputs: (JsonTensor | BinaryTensor)[];
}

/** A tensor whose values stand behind the JSON. */
export interface BinaryTensor {
  name: string;
  datatype: Datatype;
  shape: number[];
  parameters: { binary_data_size: number };
}

/** An answer: JSON and the binary tensors behind it, if any. */
export interface InferAnswer {
  json: InferResponse;
  binary: Buffer[];
}

type Fields = Record<string, unknown>;

/**
 * Reads an inference request.
 *
 * @throws InvalidInput when it does not fit the model
 */
export function inferRequest(description: Description, { json, binary }: InferBody): InferRequest {
  const body = fields(json, "The body");
  const id = body["id"] ?? undefined;
  if (id !== undefined && typeof id !== "string") throw new InvalidInput("id is not a string");
  const parameters = checkedParameters("The request", body["parameters"]);
  const inputs = objects("inputs", description.inputs, body["inputs"]);
  const outputs = objects("outputs", description.outputs, body["outputs"] ?? []);
  const requested = outputNames(description, outputs);
  return {
    id,
    inputs: readInputs(description.inputs, inputs, binary),
    outputs: requested,
    binary: binaryOutputs(requested, outputs, parameters),
  };
}

/** The answer to a request whose outputs were computed. */
export function inferResponse(
  { name }: Description,
  { id, outputs, binary }: Pick<InferRequest, "id" | "outputs" | "binary">,
  results: Tensors,
): InferAnswer {
  const parts: Buffer[] = [];
  const tensors = outputs.map((output) => {
    const tensor = results[output] as Tensor;
    if (!binary.has(output)) return toJson(output, tensor);
    const bytes = toBytes(tensor);
    parts.push(bytes);
    const { datatype, shape } = tensor;
    return { name: output, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  return {
    json: { model_name: name, model_version: modelVersion, id, outputs: tensors },
    binary: parts,
  };
}

function readInputs(specs: TensorSpec[], inputs: Fields[], binary: Buffer | undefined): Tensors {
  const parts = binaryParts(inputs, binary);
  return inputTensors(specs, inputs, (spec, shape, index) => {
    const part = parts[index];
    const data = inputs[index]?.["data"];
    if (!part) return fromJson(spec, shape, data);
    if (data === undefined) return fromBytes(spec, shape, part);
    throw new InvalidInput(
      `Input "${spec.name}" has data and binary_data_size; send the values one way`,
    );
  });
}

/** The bytes of each input that is a binary tensor; they follow in the order of the request. */
function binaryParts(inputs: Fields[], binary: Buffer | undefined): (Buffer | undefined)[] {
  let position = 0;
  const parts = inputs.map((input, index) => {
    const size = binarySize(`inputs[${index}]`, input["parameters"]);
    if (size === undefined) return undefined;
    if (!binary) {
      throw new InvalidInput(
        `inputs[${index}] is a binary tensor; send its bytes behind the JSON, and the length of the JSON as Inference-Header-Content-Length`,
      );
    }
    position += size;
    if (position <= binary.length) return binary.subarray(position - size, position);
    throw new InvalidInput(
      `inputs[${index}] has a binary_data_size of ${size}, but only ${binary.length - position + size} bytes are left behind the JSON`,
    );
  });
  if (!binary || position === binary.length) return parts;
  throw new InvalidInput(
    `${binary.length - position} bytes behind the JSON belong to no input; give binary_data_size in the parameters of each binary one`,
  );
}

function binarySize(input: string, parameters: unknown): number | undefined {
  const { binary_data_size: size } = checkedParameters(input, parameters);
  if (size === undefined || (Number.isSafeInteger(size) && Number(size) >= 0)) {
    return size as number | undefined;
  }
  throw new InvalidInput(
    `${input} has the binary_data_size ${describe(size)}; give a whole number`,
  );
}

/** What an output asks for counts more than what the request asks for in general. */
function binaryOutputs(requested: string[], outputs: Fields[], parameters: Parameters) {
  const byDefault = flag("The request", parameters, "binary_data_output") ?? false;
  const isBinary = outputs.map((output, index) => {
    const own = checkedParameters(`outputs[${index}]`, output["parameters"]);
    return flag(`outputs[${index}]`, own, "binary_data");
  });
  return new Set(requested.filter((_, index) => isBinary[index] ?? byDefault));
}

function objects(what: string, specs: TensorSpec[], items: unknown): Fields[] {
  if (!Array.isArray(items)) {
    throw new InvalidInput(`${what} is not an array; it needs ${names(specs)}`);
  }
  return items.map((item, index) => fields(item, `${what}[${index}]`));
}

function fields(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new InvalidInput(`${what} is not a JSON object`);
}
