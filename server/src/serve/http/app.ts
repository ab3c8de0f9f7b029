import { Router } from "@koa/router";
import Koa, { type Middleware } from "koa";
import type { Capture } from "../../capture/capture.ts";
import { opsPaths } from "../../contract/ops.ts";
import { Unavailable } from "../../process/errors.ts";
import type { Logger } from "../../process/log.ts";
import type { Metrics } from "../service/metrics.ts";
import { answerErrors } from "./middleware/answer-errors.ts";
import { closeWhenEnding } from "./middleware/close-when-ending.ts";
import { measure } from "./middleware/measure.ts";
import { trace } from "./middleware/trace.ts";
import { unmatched } from "./middleware/unmatched.ts";
import { openapi } from "../openapi/document.ts";
import { addDocsRoutes } from "./routes/docs.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addInferenceRoutes } from "./routes/inference.ts";
import { addIntentRoutes } from "./routes/intent.ts";
import { addOpsRoutes } from "./routes/ops.ts";
import type { Service, Serving } from "../service/service.ts";
import type { Tracing } from "../tracing/tracing.ts";

/** What the applications work with. */
export interface Parts {
  service: Service;
  metrics: Metrics;
  log: Logger;
  /** Undefined when tracing is off. */
  tracing?: Tracing | undefined;
  /** Undefined when nothing is captured. */
  capture?: Capture | undefined;
  maxSentenceLength: number;
  swaggerFolder: string;
}

/** The application on the API port. Its routes depend on the model, so they come with it. */
export function createApi(parts: Parts): Koa {
  const { service, metrics, log, tracing } = parts;
  const app = createApp(log);
  if (tracing) app.use(trace(tracing));
  app.use(closeWhenEnding(service));
  app.use(measure(metrics, log));
  app.use(answerErrors(log, (errorClass) => metrics.errors.inc({ class: errorClass })));

  const withoutModel = routesWithoutModel(service);
  let withModel: Middleware | undefined;
  app.use((context, next) => {
    if (service.serving) withModel ??= routesOf(parts, service.serving);
    return (withModel ?? withoutModel)(context, next);
  });
  app.use(unmatched("see /api/docs"));
  return app;
}

/** The application on the ops port. */
export function createOps({ service, metrics, log, capture }: Parts): Koa {
  const router = new Router();
  addOpsRoutes(router, service, metrics, capture);
  const app = createApp(log);
  app.use(answerErrors(log, () => {}));
  app.use(router.routes() as Middleware);
  app.use(unmatched(`the routes are ${Object.values(opsPaths).join(", ")}`));
  return app;
}

function createApp(log: Logger): Koa {
  const app = new Koa();
  // What is left for here happens while an answer is being sent, such as a lost connection.
  app.on("error", (error: Error) => log.debug({ err: error }, "Could not send an answer"));
  return app;
}

function routesWithoutModel(service: Service): Middleware {
  const router = new Router();
  addHealthRoutes(router, service);
  router.all("/{*path}", () => {
    throw new Unavailable(`The model "${service.name}" is not ready; try again later`);
  });
  return router.routes() as Middleware;
}

function routesOf(parts: Parts, serving: Serving): Middleware {
  const { service, maxSentenceLength, swaggerFolder } = parts;
  const router = new Router();
  addHealthRoutes(router, service);
  addInferenceRoutes(router, serving);
  addDocsRoutes(router, openapi(serving, maxSentenceLength), swaggerFolder);
  if (serving.classifier) addIntentRoutes(router, serving, serving.classifier, maxSentenceLength);
  return router.routes() as Middleware;
}
