import type { Registry } from "prom-client";
import type { Logger } from "../process/log.ts";
import type { Capture } from "./capture.ts";
import type { CaptureConfig } from "./config.ts";

/**
 * Starts to capture; undefined when it is off. Nothing that it needs is loaded then, and a request
 * costs nothing more.
 */
export async function startCapture(
  config: CaptureConfig | undefined,
  log: Logger,
  registry: Registry,
): Promise<Capture | undefined> {
  if (!config) return undefined;
  const { BackgroundCapture } = await import("./background-capture.ts");
  return new BackgroundCapture(config, log, registry);
}
