import type { Capture } from "../capture/capture.ts";
import type { Config } from "./config.ts";
import type { Logger } from "../process/log.ts";
import { memory } from "../process/memory.ts";
import type { Metrics } from "./service/metrics.ts";
import type { Service, Serving } from "./service/service.ts";
import type { Tracing } from "./tracing/tracing.ts";
import { Admission } from "../model/admission.ts";
import { Batcher, type BatchObserver } from "../model/batch.ts";
import { intentClassifier } from "../model/classifier.ts";
import { runThreads } from "../model/cpu-limit.ts";
import { watchRuns } from "../model/execution.ts";
import { loadModel, type Model } from "../model/model.ts";
import { warmUp } from "../model/warmup.ts";

/** What preparing a model needs. */
export interface Dependencies {
  service: Service;
  metrics: Metrics;
  log: Logger;
  tracing?: Tracing | undefined;
  capture?: Capture | undefined;
}

/** A model that is ready to serve. */
export interface Prepared {
  serving: Serving;
  model: Model;
}

/** Loads the model, warms it up and decides where it runs. */
export async function prepare(config: Config, dependencies: Dependencies): Promise<Prepared> {
  const { metrics, log, tracing, capture } = dependencies;
  const started = performance.now();
  const model = await loadModel({
    path: config.modelPath,
    name: config.modelName,
    sha256: config.modelSha256,
    threads: config.intraOpThreads ?? runThreads(),
    execution: config.execution === "thread" ? "thread" : "inline",
    onLoadFailure: reportLoadFailure(dependencies),
  });
  const loadSeconds = (performance.now() - started) / 1000;
  const { description } = model;
  const classifier = intentClassifier(description);
  const mayMove = config.execution === "auto";
  const { example, rowwise, times, seconds: warmUpSeconds } = await warmUp(model, mayMove);
  if (!example)
    log.warn("The model rejected the example inputs, so its first request will be slower");
  if (description.unusable.length > 0) {
    const { unusable } = description;
    log.warn(
      { outputs: unusable },
      "Some outputs are not tensors and cannot be requested; convert scikit-learn models with zipmap=False",
    );
  }
  const admission = new Admission({ maxWaitSeconds: config.maxQueueMs / 1000 });
  const observer = observed(metrics, mayMove ? moveWhenSlow(model, log) : () => {});
  const plain = new Batcher(model, { rowwise, times, admission, observer });
  const traced = tracing?.inference(plain) ?? plain;
  const captured = capture?.inference(traced, description, classifier);
  const serving = {
    description,
    classifier,
    ...(captured ?? { batcher: traced, withoutCapture: traced }),
    example,
    loadSeconds,
    warmUpSeconds,
    memoryAtRest: memory()?.resident,
  };
  return { serving, model };
}

function reportLoadFailure({ service, log }: Dependencies): (error: Error | undefined) => void {
  return (error) => {
    if (error) {
      log.error({ err: error }, "The model stopped working; loading it again");
      service.fail({ reason: "Reloading", message: error.message });
    } else if (service.serving) {
      log.info("Loaded the model again");
      service.serve(service.serving);
    }
  };
}

function moveWhenSlow(model: Model, log: Logger): (seconds: number) => void {
  return watchRuns(model, (error) => {
    if (error) log.warn({ err: error }, "Could not move the model to a thread; it stays inline");
    else log.info("Moved the model to a thread, because most of its runs are long");
  });
}

function observed(metrics: Metrics, onRun: (seconds: number) => void): BatchObserver {
  return {
    ran: (rows, seconds) => {
      metrics.batchRows.observe(rows);
      metrics.inference.observe(seconds);
      onRun(seconds);
    },
    waited: (seconds) => metrics.queueWait.observe(seconds),
    refused: (reason) => metrics.refusals.inc({ reason }),
  };
}
