import type { Router } from "@koa/router";
import { Unavailable } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { Service } from "../service.ts";
import { writeJson } from "../write-json.ts";

/** Probes, metrics and what the operator asks about the model. */
export function addOpsRoutes(router: Router, service: Service, { registry }: Metrics): void {
  router.get("/livez", (context) => {
    context.body = "ok\n";
  });

  router.get("/readyz", (context) => {
    context.status = service.trouble ? 503 : 200;
    context.body = `${service.trouble ?? "ready"}\n`;
  });

  router.get("/metrics", async (context) => {
    context.set("Content-Type", registry.contentType);
    context.body = await registry.metrics();
  });

  router.get("/model", (context) => {
    const { serving } = service;
    if (!serving) throw new Unavailable(service.trouble ?? "There is no model");
    const { name, sha256, sizeBytes, inputs, outputs } = serving.description;
    writeJson(context, {
      name,
      sha256,
      sizeBytes,
      inputs,
      outputs,
      labels: serving.classifier?.labels,
      languages: serving.classifier?.languages,
      loadSeconds: serving.loadSeconds,
      warmUpSeconds: serving.warmUpSeconds,
    });
  });
}
