import type { Router } from "@koa/router";
import type { Capture } from "../../../capture/capture.ts";
import type { ModelStatus, TrafficStatus } from "../../../contract/ops-schemas.ts";
import { opsPaths, type CaptureStatus, type Readiness } from "../../../contract/ops.ts";
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
  router.get(opsPaths.live, (context) => {
    context.body = "ok\n";
  });

  // Loading a large model and its first runs can block every answer, which is no reason to end it.
  router.get(opsPaths.startup, (context) => {
    context.status = service.isStarting ? 503 : 200;
    context.body = `${service.isStarting ? service.problem?.message : "started"}\n`;
  });

  router.get(opsPaths.ready, (context) => {
    const { problem } = service;
    context.status = problem ? 503 : 200;
    writeJson(
      context,
      (problem ? { ready: false, ...problem } : { ready: true }) satisfies Readiness,
    );
  });

  router.get(opsPaths.metrics, async (context) => {
    context.set("Content-Type", registry.contentType);
    context.body = await registry.metrics();
  });

  router.get(opsPaths.traffic, (context) => {
    writeJson(context, traffic.status satisfies TrafficStatus);
  });

  router.get(opsPaths.capture, async (context) => {
    if (!capture) throw new NotFound("Nothing is captured here; set CAPTURE_MODEL to change that");
    writeJson(context, (await capture.status()) satisfies CaptureStatus);
  });

  router.get(opsPaths.model, (context) => {
    const { serving } = service;
    if (!serving) throw new Unavailable(service.problem?.message ?? "There is no model");
    const cpu = processor();
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
      ...(cpu !== undefined && { node: { cpu } }),
    } satisfies ModelStatus & Record<string, unknown>);
  });
}
