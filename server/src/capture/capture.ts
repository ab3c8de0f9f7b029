import type { Config } from "../serve/config.ts";
import type { Logger } from "../process/log.ts";
import type { Metrics } from "../serve/metrics.ts";
import type { Batcher } from "../model/batch.ts";
import type { IntentClassifier } from "../model/classifier.ts";
import type { Description } from "../model/model.ts";
import type { Serving } from "../serve/service.ts";
import type { CaptureStatus } from "./contract.ts";

/** Keeps requests and their answers in a database. */
export interface Capture {
  /** The batcher whose requests are captured, and one for those of which nothing may be kept. */
  inference: (
    batcher: Pick<Batcher, "infer">,
    description: Description,
    classifier: IntentClassifier | undefined,
  ) => Pick<Serving, "batcher" | "unkept">;
  /** How it stands, from figures that are a few seconds old at most. */
  status: () => Promise<CaptureStatus>;
  /** Writes what was not written yet, as far as a few seconds allow. */
  end: () => Promise<void>;
}

/**
 * Starts to capture; undefined when it is off. Nothing that it needs is loaded then, and a request
 * costs nothing more.
 */
export async function startCapture(
  { capture }: Pick<Config, "capture">,
  log: Logger,
  metrics: Metrics,
): Promise<Capture | undefined> {
  if (!capture) return undefined;
  const { BackgroundCapture } = await import("./background-capture.ts");
  return new BackgroundCapture(capture, log, metrics.registry);
}
