/**
 * Annotates captured sentences until none is pending. What it did, or why it failed, goes to the
 * container's termination message.
 */
import { writeProblem, writeTerminationMessage } from "../process/termination-message.ts";
import { createLog } from "../process/log.ts";
import { loadAnnotator } from "./annotator.ts";
import { readEnrichConfig, terminationFile, type EnrichConfig } from "./config.ts";
import { exitCodes, type Enriched } from "../contract/enrich.ts";
import { WorkerError } from "./error.ts";
import { persist } from "./persist.ts";
import { work } from "./worker.ts";

/** After SIGTERM a batch has so long to end; then the process ends, and it is rolled back. */
const graceSeconds = 20;

const total: Enriched = { enriched: 0, refused: 0 };
const ending = new AbortController();
let log = createLog("info");

// Before anything else: the first process of a container ignores signals that it does not handle.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    ending.abort();
    setTimeout(() => process.exit(143), graceSeconds * 1000).unref();
  });
}

try {
  const config = settings();
  log = createLog(config.logLevel);
  await enrich(config);
  const isTold = ending.signal.aborted;
  log.info(total, isTold ? "Shutting down; released what was not annotated" : "Nothing is pending");
  writeTerminationMessage(terminationFile(), total);
  process.exit(isTold ? 143 : 0);
} catch (error) {
  const { message } = error as Error;
  if (error instanceof WorkerError) log.fatal(total, message);
  else log.fatal({ ...total, err: error }, message);
  const reason = error instanceof WorkerError ? error.reason : undefined;
  writeProblem(terminationFile(), reason ?? "WorkerFailed", message);
  process.exit(reason === undefined ? 1 : exitCodes[reason]);
}

function settings(): EnrichConfig {
  try {
    return readEnrichConfig();
  } catch (error) {
    throw new WorkerError("InvalidSettings", (error as Error).message);
  }
}

async function enrich(config: EnrichConfig): Promise<void> {
  const { modelPath, modelSha256, databaseFolder, outageSeconds } = config;
  const { signal } = ending;
  const annotator = await loadAnnotator({ path: modelPath, sha256: modelSha256 });
  const { sha256, labels } = annotator;
  log.info({ sha256, labels: labels.length, model: config.model }, "Annotating");
  let lastSuccess = performance.now();
  const onBatch = ({ enriched, refused }: Enriched) => {
    total.enriched += enriched;
    total.refused += refused;
    lastSuccess = performance.now();
  };
  const worker = { ...config, annotator, log, signal, onBatch };
  await persist(
    { folder: databaseFolder, outageSeconds, log, signal, lastSuccess: () => lastSuccess },
    async (connection) => work(worker, connection),
  );
  await annotator.close();
}
