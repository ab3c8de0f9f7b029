import { setTimeout as wait } from "node:timers/promises";
import { createApi, createOps, type Parts } from "./app.ts";
import { Batcher } from "./model/batch.ts";
import { intentClassifier } from "./model/classifier.ts";
import { swaggerFolder, type Config } from "./config.ts";
import { listen } from "./http.ts";
import type { Logger } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { loadModel } from "./model/model.ts";
import { Service, type Serving } from "./service.ts";
import { warmUp } from "./model/warmup.ts";

/** A running server. */
export interface Server {
  /** Where the API listens. */
  port: number;
  /** Where probes and metrics listen. */
  opsPort: number;
  /** Resolves when the model serves, or when it is known that it will not. */
  loaded: Promise<void>;
  /** Says that it is not ready, serves on for a while, answers what is open, and stops. */
  end: () => Promise<void>;
}

/** Starts a server and loads its model; throws when a port is not free. */
export async function startServer(config: Config, log: Logger): Promise<Server> {
  const { modelName, maxSentenceLength } = config;
  const service = new Service(modelName);
  const metrics = createMetrics();
  const parts: Parts = { service, metrics, log, maxSentenceLength, swaggerFolder: swaggerFolder() };
  const ops = await listen(createOps(parts).callback(), { port: config.opsPort });
  const api = await listen(createApi(parts).callback(), {
    port: config.port,
    // A character is at most twelve bytes of an address: four times "%XX".
    maxHeaderSize: 16_384 + 12 * maxSentenceLength,
  });
  log.info({ port: api.port, opsPort: ops.port }, "Listening");
  const loaded = load(config, parts, api.port);
  return {
    port: api.port,
    opsPort: ops.port,
    loaded,
    end: async () => {
      service.end();
      // Clients go on connecting until they have all heard that this server is not ready.
      await wait(config.drainSeconds * 1000);
      await api.close();
      await ops.close();
    },
  };
}

/** Makes the service ready, or says in its place why it is not. */
async function load(config: Config, { service, metrics, log }: Parts, port: number): Promise<void> {
  try {
    const serving = await prepare(config, metrics, log);
    service.serve(serving);
    const { loadSeconds, warmUpSeconds } = serving;
    const docs = `http://localhost:${port}/api/docs`;
    log.info({ loadSeconds, warmUpSeconds, docs }, `Serving the model "${service.name}"`);
  } catch (error) {
    service.fail((error as Error).message);
    log.error({ err: error }, "Could not load the model");
  }
}

async function prepare(config: Config, metrics: Metrics, log: Logger): Promise<Serving> {
  const started = performance.now();
  const model = await loadModel({
    path: config.modelPath,
    name: config.modelName,
    sha256: config.modelSha256,
    threads: config.intraOpThreads,
  });
  const loadSeconds = (performance.now() - started) / 1000;
  const { description } = model;
  const classifier = intentClassifier(description);
  const { example, rowwise, seconds: warmUpSeconds } = await warmUp(model);
  if (!example) log.warn("The model refused made-up inputs, so its first request will be slower");
  if (description.unusable.length > 0) {
    const { unusable } = description;
    log.warn({ outputs: unusable }, "Some outputs are not tensors and cannot be asked for");
  }
  const observe = (rows: number, seconds: number) => {
    metrics.batchRows.observe(rows);
    metrics.inference.observe(seconds);
  };
  const batcher = new Batcher(model, { rowwise, observe });
  return { description, classifier, batcher, example, loadSeconds, warmUpSeconds };
}
