/**
 * Annotates captured sentences until none is pending. Its last words, a sentence, go to the
 * container's termination message.
 */
import { leaveLastWords } from "../process/termination-message.ts";
import { createLog } from "../process/log.ts";
import { loadAnnotator } from "./annotator.ts";
import { readEnrichConfig, lastWordsFile, type EnrichConfig } from "./config.ts";
import { exitCodes } from "../contract/enrich.ts";
import { Failure } from "./failure.ts";
import { persist } from "./persist.ts";
import { work } from "./worker.ts";

/** Seconds after SIGTERM in which a batch can end; then the process does, and it is rolled back. */
const grace = 20;

const total = { enriched: 0, refused: 0 };
const ending = new AbortController();
let log = createLog("info");

// Before anything else: the first process of a container ignores signals that it does not handle.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    ending.abort();
    setTimeout(() => process.exit(143), grace * 1000).unref();
  });
}

try {
  const config = settings();
  log = createLog(config.logLevel);
  await enrich(config);
  const isTold = ending.signal.aborted;
  const words = isTold ? "Told to end; gave back what was not annotated" : "Nothing is pending";
  log.info(total, words);
  leave(words);
  process.exit(isTold ? 143 : 0);
} catch (error) {
  const { message } = error as Error;
  if (error instanceof Failure) log.fatal(total, message);
  else log.fatal({ ...total, err: error }, message);
  leave(message);
  process.exit(error instanceof Failure ? exitCodes[error.reason] : 1);
}

function settings(): EnrichConfig {
  try {
    return readEnrichConfig();
  } catch (error) {
    throw new Failure("InvalidSettings", (error as Error).message);
  }
}

async function enrich(config: EnrichConfig): Promise<void> {
  const { modelPath, modelSha256, databaseFolder, outageSeconds } = config;
  const { signal } = ending;
  const annotator = await loadAnnotator({ path: modelPath, sha256: modelSha256 });
  const { sha256, labels } = annotator;
  log.info({ sha256, labels: labels.length, model: config.model }, "Annotating");
  let lastSuccess = performance.now();
  const onBatch = ({ enriched, refused }: typeof total) => {
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

function leave(words: string): void {
  leaveLastWords(lastWordsFile(), words);
}
