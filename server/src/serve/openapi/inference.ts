import type { Description } from "../../model/model.ts";
import type { Example } from "../../model/warmup.ts";
import { jsonLengthHeader } from "../../protocol/body.ts";
import { inferResponse } from "../../protocol/rest.ts";
import type { Serving } from "../service/service.ts";
import { toJson } from "../../tensors/json.ts";
import type { Tensors } from "../../tensors/tensors.ts";
import { answer, binary, consent, content, refusal, unavailable, type Part } from "./parts.ts";

const inferring = `With \`/versions/1\` before \`/infer\` the path means the same.

The body may be compressed with gzip or deflate, named in \`Content-Encoding\`. Long answers are
compressed when \`Accept-Encoding\` asks for it.`;

const binaryLayout = `Elements stand one after another in row-major order, little-endian; BOOL is a
byte 0 or 1; an element of BYTES is its length in four bytes and then its text in UTF-8.`;

const binaryInputs = `The JSON of InferRequest, and binary tensors right behind it in the order of the
inputs that they belong to. Such an input has no \`data\`, but \`parameters.binary_data_size\`, the
number of its bytes; others may have \`data\`. ${binaryLayout}`;

const binaryOutputs = `The JSON of InferResponse, and right behind it the outputs that the request
wants to be binary. They have no \`data\`, but \`parameters.binary_data_size\`. ${binaryLayout}`;

/** The routes of the Open Inference Protocol for a model. */
export function inferencePaths(serving: Serving): Part {
  const path = `/v2/models/${serving.description.name}`;
  return {
    "/v2": {
      get: {
        tags: ["Inference"],
        operationId: "server",
        summary: "Names the server and its version",
        responses: { 200: answer("The server", "Server") },
      },
    },
    [path]: {
      get: {
        tags: ["Inference"],
        operationId: "model",
        summary: "Describes the inputs and outputs of the model",
        responses: { 200: answer("The model", "Model") },
      },
    },
    [`${path}/ready`]: {
      get: {
        tags: ["Inference"],
        operationId: "modelReady",
        summary: "Tells whether the model is ready",
        responses: {
          200: answer("It is ready", "ModelReady"),
          503: unavailable("It is not ready", "ModelReady"),
        },
      },
    },
    [`${path}/infer`]: { post: infer(serving) },
  };
}

function infer({ description, example }: Serving): Part {
  const { request, response, reason } = inferExamples(description, example);
  return {
    tags: ["Inference"],
    operationId: "infer",
    summary: "Runs the model",
    description: reason ? `${inferring}\n\nThere is no example: ${reason}.` : inferring,
    parameters: [{ name: jsonLengthHeader, in: "header", ...jsonLength(0) }, consent],
    requestBody: {
      required: true,
      content: { ...content("InferRequest", request), ...binary(binaryInputs) },
    },
    responses: {
      200: {
        description: "The outputs",
        headers: { [jsonLengthHeader]: jsonLength() },
        content: { ...content("InferResponse", response), ...binary(binaryOutputs) },
      },
      400: refusal(
        "The inputs do not fit the model, or the body or a header is not what it should be",
      ),
      413: refusal("The body is too large, as it is or when it is unpacked"),
      415: refusal("The body is neither JSON nor JSON with binary tensors, or not gzip or deflate"),
      500: refusal("Internal error; see the server log"),
      503: unavailable("The model is not ready, or too many requests wait"),
    },
  };
}

const jsonLength = (minimum?: number): Part => ({
  description: "Bytes of the JSON, when binary tensors follow it.",
  schema: { type: "integer", ...(minimum !== undefined && { minimum }) },
});

/** A body that the model is known to take, and the answer, where they are short enough to read. */
function inferExamples(description: Description, example: Example | undefined) {
  if (!example) return { reason: "the model does not take made-up numbers" };
  const { inputs, outputs } = example;
  if (!areShort(inputs)) return { reason: "its inputs are too long to read" };
  const tensors = Object.entries(inputs).map(([name, tensor]) => toJson(name, tensor));
  const all = { id: undefined, outputs: Object.keys(outputs), binary: new Set<string>() };
  const { json: response } = inferResponse(description, all, outputs);
  return { request: { inputs: tensors }, response: areShort(outputs) ? response : undefined };
}

const areShort = (tensors: Tensors) =>
  Object.values(tensors).every(({ data }) => data.length <= 1000);
