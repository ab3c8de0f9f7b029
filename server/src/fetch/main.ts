/**
 * Fetches or verifies the model before the server starts. Its last words, one line of JSON on success
 * and a sentence on failure, go to the container's termination message.
 */
import { leaveLastWords } from "../process/termination-message.ts";
import { createLog } from "../process/log.ts";
import { readFetchConfig, lastWordsFile } from "./config.ts";
import { exitCodes } from "../contract/fetch.ts";
import { Failure } from "./failure.ts";
import { provide } from "./provide.ts";

const log = createLog("info");

// The first process of a container ignores signals that it does not handle.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(143));

try {
  const provided = await provide(readFetchConfig(), log);
  log.info(provided, "The model is there");
  leave(JSON.stringify(provided));
  process.exit(0);
} catch (error) {
  const { message } = error as Error;
  log.fatal(message);
  leave(message);
  process.exit(exitCodes[error instanceof Failure ? error.reason : "ModelFetchFailed"]);
}

function leave(words: string): void {
  leaveLastWords(lastWordsFile(), words);
}
