import { InvalidInput } from "./errors.ts";
import { describe } from "./json.ts";
import type { Description } from "./model/model.ts";
import {
  fromJson,
  toJson,
  type JsonTensor,
  type Tensor,
  type Tensors,
  type TensorSpec,
} from "./tensors/tensors.ts";

/** What a request of the Open Inference Protocol asks for. */
export interface InferRequest {
  /** To be repeated in the answer. */
  id: string | undefined;
  /** A tensor for each input of the model. */
  inputs: Tensors;
  /** Names of the outputs to answer, in this order. */
  outputs: string[];
}

/** What is answered to such a request. */
export interface InferResponse {
  model_name: string;
  model_version: string;
  id: string | undefined;
  outputs: JsonTensor[];
}

/** The one version that a model has; another version is another file and another deployment. */
export const modelVersion = "1";

type Fields = Record<string, unknown>;

/**
 * Reads the body of an inference request; parameters are optional hints and ignored.
 *
 * @throws InvalidInput when it does not fit the model
 */
export function inferRequest(description: Description, body: unknown): InferRequest {
  const { id, inputs, outputs } = fields(body, "The body");
  if (id !== undefined && typeof id !== "string") throw new InvalidInput("id is not a string");
  return {
    id,
    inputs: inputTensors(description.inputs, inputs),
    outputs: outputNames(description.outputs, outputs),
  };
}

/** The answer to a request whose outputs were computed. */
export function inferResponse(
  { name }: Description,
  { id, outputs }: Pick<InferRequest, "id" | "outputs">,
  results: Tensors,
): InferResponse {
  const tensors = outputs.map((output) => toJson(output, results[output] as Tensor));
  return { model_name: name, model_version: modelVersion, id, outputs: tensors };
}

function inputTensors(specs: TensorSpec[], inputs: unknown): Tensors {
  const given = byName("input", specs, inputs);
  return Object.fromEntries(
    specs.map((spec) => {
      const input = given.get(spec.name);
      if (!input) {
        throw new InvalidInput(`Input "${spec.name}" is missing; inputs needs ${names(specs)}`);
      }
      if (fields(input["parameters"] ?? {}, "parameters")["binary_data_size"] !== undefined) {
        throw new InvalidInput(
          `Input "${spec.name}": binary tensor data is not supported; send the values as JSON in data`,
        );
      }
      return [spec.name, fromJson(spec, input)];
    }),
  );
}

function outputNames(specs: TensorSpec[], outputs: unknown): string[] {
  const requested = byName("output", specs, outputs ?? []);
  return requested.size > 0 ? [...requested.keys()] : specs.map(({ name }) => name);
}

/** The items of an array by their names, each of which the model has and stands there once. */
function byName(
  kind: "input" | "output",
  specs: TensorSpec[],
  items: unknown,
): Map<string, Fields> {
  if (!Array.isArray(items))
    throw new InvalidInput(`${kind}s is not an array; it needs ${names(specs)}`);
  const found = new Map<string, Fields>();
  for (const [index, item] of items.entries()) {
    const { name, ...rest } = fields(item, `${kind}s[${index}]`);
    if (typeof name !== "string" || !specs.some((spec) => spec.name === name)) {
      throw new InvalidInput(
        `${kind}s[${index}].name is ${describe(name)}; the model has ${names(specs)}`,
      );
    }
    if (found.has(name)) throw new InvalidInput(`The ${kind} "${name}" stands there twice`);
    found.set(name, rest);
  }
  return found;
}

function fields(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new InvalidInput(`${what} is not a JSON object`);
}

const names = (specs: TensorSpec[]) => specs.map(({ name }) => `"${name}"`).join(", ");
