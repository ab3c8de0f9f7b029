import type { Router } from "@koa/router";
import type { Capture } from "../../../capture/capture.ts";
import { NotFound, Unavailable } from "../../../process/errors.ts";
import { memory } from "../../../process/memory.ts";
import type { Metrics } from "../../service/metrics.ts";
import { processor } from "../../../process/processor.ts";
import type { Service } from "../../service/service.ts";
import { writeJson } from "../write-json.ts";

/** Probes, metrics and what the operator asks about the model. */
export function addOpsRoutes(
  router: Router,
  service: Service,
  { registry, traffic }: Metrics,
  capture: Capture | undefined,
): void {
  router.get("/livez", (context) => {
    context.body = "ok\n";
  });

  // Loading a large model and its first runs can block every answer, which is no reason to end it.
  router.get("/startupz", (context) => {
    context.status = service.isStarting ? 503 : 200;
    context.body = `${service.isStarting ? service.trouble : "started"}\n`;
  });

  router.get("/readyz", (context) => {
    const { trouble, reason } = service;
    context.status = trouble ? 503 : 200;
    context.body = `${reason ? `${reason}: ` : ""}${trouble ?? "ready"}\n`;
  });

  router.get("/metrics", async (context) => {
    context.set("Content-Type", registry.contentType);
    context.body = await registry.metrics();
  });

  router.get("/traffic", (context) => {
    writeJson(context, traffic.status);
  });

  router.get("/capture", async (context) => {
    if (!capture) throw new NotFound("Nothing is captured here; set CAPTURE_MODEL to change that");
    writeJson(context, await capture.status());
  });

  router.get("/model", (context) => {
    const { serving } = service;
    if (!serving) throw new Unavailable(service.trouble ?? "There is no model");
    const { name, sha256, sizeBytes, opset, inputs, outputs } = serving.description;
    writeJson(context, {
      name,
      sha256,
      sizeBytes,
      opset,
      inputs,
      outputs,
      labels: serving.classifier?.labels,
      languages: serving.classifier?.languages,
      loadSeconds: serving.loadSeconds,
      warmUpSeconds: serving.warmUpSeconds,
      memory: { atRest: serving.memoryAtRest, ...memory() },
      node: { cpu: processor() },
    });
  });
}
