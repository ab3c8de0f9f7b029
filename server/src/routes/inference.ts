import type { Router, RouterMiddleware } from "@koa/router";
import { jsonBody } from "../middleware/json-body.ts";
import { checkModel, modelMetadata } from "../protocol/model.ts";
import { inferRequest, inferResponse } from "../protocol/rest.ts";
import type { Service, Serving } from "../service.ts";

const maxBodyBytes = 32 * 1024 * 1024;

/**
 * The Open Inference Protocol:
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export function addInferenceRoutes(router: Router, service: Service, serving: Serving): void {
  const { description, batcher } = serving;
  const known = knownModel(description.name);

  router.get(paths(""), known, (context) => {
    context.body = modelMetadata(description);
  });

  router.get(paths("/ready"), known, (context) => {
    context.status = service.trouble ? 503 : 200;
    context.body = { name: description.name, ready: !service.trouble, error: service.trouble };
  });

  router.post(paths("/infer"), known, jsonBody(maxBodyBytes), async (context) => {
    const request = inferRequest(description, { json: context.state.body });
    const results = await batcher.infer(request.inputs, request.outputs);
    context.body = inferResponse(description, request, results).json;
  });
}

/** Every path of a model, without and with a version. */
const paths = (end: string) => [
  `/v2/models/:model${end}`,
  `/v2/models/:model/versions/:version${end}`,
];

function knownModel(name: string): RouterMiddleware {
  return (context, next) => {
    checkModel(name, context.params["model"] ?? "", context.params["version"]);
    return next();
  };
}
