import type { Router } from "@koa/router";
import type { Context } from "koa";
import { Unavailable } from "../../../process/errors.ts";
import { checkModel, modelPaths, serverMetadata } from "../../../protocol/model.ts";
import type { Service } from "../../service/service.ts";
import { writeJson } from "../write-json.ts";

/** What can be asked before a model is loaded: whether the server is ready, and what it is. */
export function addHealthRoutes(router: Router, service: Service): void {
  router.get("/api/health", (context) => {
    if (service.problem) throw new Unavailable(service.problem.message);
    writeJson(context, { status: "ok" });
  });

  router.get("/v2", (context) => {
    writeJson(context, serverMetadata);
  });

  router.get("/v2/health/live", (context) => {
    writeJson(context, { live: true });
  });

  router.get("/v2/health/ready", (context) => {
    answerReady(context, { live: true }, service.problem?.message);
  });

  router.get(modelPaths("/ready"), (context) => {
    const { model = "", version } = context.params;
    checkModel(service.name, model, version);
    answerReady(context, { name: service.name }, service.problem?.message);
  });
}

/** The status is for probes and load balancers, the body for people and clients. */
function answerReady(context: Context, who: Record<string, unknown>, problem?: string): void {
  if (problem !== undefined) {
    const { status, headers } = new Unavailable(problem);
    context.status = status;
    context.set(headers);
  }
  writeJson(context, { ...who, ready: problem === undefined, error: problem });
}
