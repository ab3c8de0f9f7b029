import type { IntentClassifier } from "../../model/classifier.ts";
import { kinds } from "../../tensors/datatypes.ts";
import type { Description } from "../../model/model.ts";
import type { TensorSpec } from "../../tensors/tensors.ts";

/** A JSON Schema of draft 2020-12. */
export type Schema = Record<string, unknown>;

/** The schemas of a model's requests and responses in the Open Inference Protocol. */
export function inferSchemas({ name, inputs, outputs }: Description): Record<string, Schema> {
  return {
    InferRequest: {
      type: "object",
      required: ["inputs"],
      properties: {
        id: { type: "string", description: "Is repeated in the answer." },
        parameters: parameters({
          binary_data_output: "Whether outputs are answered as binary tensors behind the JSON.",
        }),
        inputs: {
          ...each(inputs, requestTensor),
          description: "One tensor for each input of the model, in any order.",
        },
        outputs: {
          type: "array",
          description: "Outputs to answer; all of them when left out.",
          items: {
            type: "object",
            required: ["name"],
            properties: {
              name: { enum: outputs.map((output) => output.name) },
              parameters: parameters({
                binary_data: "Whether this output is answered as a binary tensor.",
              }),
            },
          },
        },
      },
    },
    InferResponse: {
      type: "object",
      required: ["model_name", "outputs"],
      properties: {
        model_name: { const: name },
        model_version: { type: "string" },
        id: { type: "string" },
        outputs: {
          type: "array",
          items: anyOf(outputs.map(responseTensor)),
        },
      },
    },
  };
}

/** Parameters, and what those mean that the server knows; they are true or false. */
const parameters = (known: Record<string, string> = {}): Schema => ({
  type: "object",
  description: "Optional hints; unknown ones are ignored.",
  properties: Object.fromEntries(
    Object.entries(known).map(([name, description]) => [name, { type: "boolean", description }]),
  ),
  additionalProperties: { type: ["string", "number", "boolean"] },
});

const each = (specs: TensorSpec[], schema: (spec: TensorSpec) => Schema): Schema => ({
  type: "array",
  minItems: specs.length,
  maxItems: specs.length,
  items: anyOf(specs.map(schema)),
});

const anyOf = ([first, ...others]: Schema[]): Schema =>
  others.length === 0 ? { ...first } : { anyOf: [first, ...others] };

function requestTensor(spec: TensorSpec): Schema {
  const element = kinds[spec.datatype].schema;
  const data = {
    type: "array",
    description: "The values in row-major order, flat or in arrays nested like the shape.",
    items: { anyOf: [element, { type: "array" }] },
  };
  return tensorSchema(spec, { shape: shapeThatFits(spec.shape), data });
}

function responseTensor(spec: TensorSpec): Schema {
  const { schema: element } = kinds[spec.datatype];
  const isNumber = element["type"] === "number";
  const items = isNumber
    ? { type: ["number", "null"], description: "null is no finite number." }
    : element;
  return tensorSchema(spec, { shape: shapeOf(spec.shape), data: { type: "array", items } });
}

const tensorSchema = ({ name, datatype }: TensorSpec, fields: Record<string, Schema>): Schema => ({
  type: "object",
  required: ["name", "shape", "datatype", "data"],
  properties: {
    name: { const: name },
    datatype: { const: datatype },
    parameters: parameters(),
    ...fields,
  },
});

const sizeSchema: Schema = { type: "integer", minimum: 0 };

/** Any shape with as many dimensions; an empty one is what the model does not tell. */
const shapeOf = (shape: number[]): Schema =>
  shape.length === 0
    ? { type: "array", items: sizeSchema }
    : { type: "array", items: sizeSchema, minItems: shape.length, maxItems: shape.length };

/** The shapes that the model takes. Many tools know tuples only half, so few schemas have one. */
function shapeThatFits(shape: number[]): Schema {
  if (shape.every((size) => size === -1)) return shapeOf(shape);
  const sizes = shape.map((known) => (known === -1 ? sizeSchema : { const: known }));
  return { type: "array", prefixItems: sizes, minItems: sizes.length, maxItems: sizes.length };
}

/** The schemas of what an intent classifier answers. */
export function intentSchemas({ labels, languages }: IntentClassifier): Record<string, Schema> {
  return {
    Intents: {
      type: "array",
      minItems: labels.length,
      maxItems: labels.length,
      description: `In this order: ${labels.join(", ")}.`,
      items: object({
        intent: { enum: labels },
        probability: { type: "number", minimum: 0, maximum: 1 },
      }),
    },
    Languages: { type: "array", items: { type: "string", enum: languages } },
  };
}

const text: Schema = { type: "string" };
const yesOrNo: Schema = { type: "boolean" };
const specs: Schema = {
  type: "array",
  items: object({
    name: text,
    datatype: { enum: Object.keys(kinds) },
    shape: { type: "array", items: { type: "integer" }, description: "-1 is any size." },
  }),
};

/** The schemas that are the same for every model. */
export const protocolSchemas: Record<string, Schema> = {
  Server: object({ name: text, version: text, extensions: { type: "array", items: text } }),
  Model: object({
    name: text,
    versions: { type: "array", items: text },
    platform: text,
    inputs: specs,
    outputs: specs,
  }),
  ModelReady: object({ name: text, ready: yesOrNo }, { error: text }),
  Live: object({ live: yesOrNo }),
  Ready: object({ live: yesOrNo, ready: yesOrNo }, { error: text }),
  Health: object({ status: { const: "ok" } }),
  Error: object({ error: { type: "string", description: "What is wrong and what to do." } }),
};

/** An object of required and optional properties, and no others. */
function object(required: Record<string, Schema>, optional: Record<string, Schema> = {}): Schema {
  return {
    type: "object",
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}
