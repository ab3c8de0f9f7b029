import type { Router } from "@koa/router";
import packageJson from "../../package.json" with { type: "json" };
import { Unavailable } from "../errors.ts";
import type { Service } from "../service.ts";

/** What can be asked before a model is loaded: whether the server is ready, and what it is. */
export function addHealthRoutes(router: Router, service: Service): void {
  router.get("/api/health", (context) => {
    if (service.trouble) throw new Unavailable(service.trouble);
    context.body = { status: "ok" };
  });

  router.get("/v2", (context) => {
    context.body = { name: "intendant", version: packageJson.version, extensions: [] };
  });

  router.get("/v2/health/live", (context) => {
    context.body = { live: true };
  });

  router.get("/v2/health/ready", (context) => {
    context.status = service.trouble ? 503 : 200;
    context.body = { live: true, ready: !service.trouble, error: service.trouble };
  });
}
