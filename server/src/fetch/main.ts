/**
 * Fetches or verifies the model before the server starts. The result, or why there is none, goes to
 * the container's termination message.
 */
import { writeProblem, writeTerminationMessage } from "../process/termination-message.ts";
import { createLog } from "../process/log.ts";
import { readFetchConfig, terminationFile } from "./config.ts";
import { exitCodes } from "../contract/fetch.ts";
import { FetchError } from "./errors.ts";
import { provide } from "./provide.ts";

const log = createLog("info");

// The first process of a container ignores signals that it does not handle.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(143));

try {
  const provided = await provide(readFetchConfig(), log);
  log.info(provided, "Model is available");
  writeTerminationMessage(terminationFile(), provided);
  process.exit(0);
} catch (error) {
  const { message } = error as Error;
  const reason = error instanceof FetchError ? error.reason : "ModelFetchFailed";
  log.fatal({ reason }, message);
  writeProblem(terminationFile(), reason, message);
  process.exit(exitCodes[reason]);
}
