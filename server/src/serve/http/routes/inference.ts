import type { Router, RouterMiddleware } from "@koa/router";
import type { Context } from "koa";
import { Refusal } from "../../../process/errors.ts";
import { batcherOf, chooseBatcher } from "../middleware/choose-batcher.ts";
import { compress } from "../middleware/compress.ts";
import { readBody } from "../middleware/read-body.ts";
import { jsonLengthHeader, openBody, sealBody } from "../../../protocol/body.ts";
import { checkModel, modelMetadata, modelPaths } from "../../../protocol/model.ts";
import { inferRequest, inferResponse, type InferAnswer } from "../../../protocol/rest.ts";
import type { Serving } from "../../service/service.ts";
import { writeJson } from "../write-json.ts";

/** Bytes that a request may have, also after it was inflated. */
export const maxBodyBytes = 32 * 1024 * 1024;

/**
 * The Open Inference Protocol with its extension for binary tensors:
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
export function addInferenceRoutes(router: Router, serving: Serving): void {
  const { description } = serving;
  const known = knownModel(description.name);
  const isExact = description.inputs.some(({ datatype }) => datatype.endsWith("INT64"));

  router.get(modelPaths(""), known, (context) => {
    writeJson(context, modelMetadata(description));
  });

  router.post(
    modelPaths("/infer"),
    known,
    tensorsOnly,
    compress,
    readBody(maxBodyBytes),
    chooseBatcher(serving),
    async (context) => {
      const body = openBody(context.state.body, {
        jsonLength: context.get(jsonLengthHeader),
        isExact,
      });
      const request = inferRequest(description, body);
      const results = await batcherOf(context).infer(
        request.inputs,
        request.outputs,
        () => context.socket.destroyed,
      );
      write(context, inferResponse(description, request, results));
    },
  );
}

function knownModel(name: string): RouterMiddleware {
  return (context, next) => {
    checkModel(name, context.params["model"] ?? "", context.params["version"]);
    return next();
  };
}

const tensorsOnly: RouterMiddleware = (context, next) => {
  const type = context.request.type.toLowerCase();
  const isBinary = type === "application/octet-stream" && context.get(jsonLengthHeader) !== "";
  if (type === "" || type === "application/json" || isBinary) return next();
  throw new Refusal(
    415,
    `The content type is ${type}; send JSON as application/json, or with binary tensors as application/octet-stream with ${jsonLengthHeader}`,
  );
};

function write(context: Context, answer: InferAnswer): void {
  if (answer.binary.length === 0) return writeJson(context, answer.json);
  const { body, jsonLength } = sealBody(answer);
  context.set("Content-Type", "application/octet-stream");
  context.set(jsonLengthHeader, String(jsonLength));
  context.body = body;
}
