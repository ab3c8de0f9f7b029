import type { EndReason } from "../contract/serve.ts";
import { createLog } from "../process/log.ts";
import { writeProblem } from "../process/termination-message.ts";
import { readConfig, terminationFile, type Config } from "./config.ts";
import { startServer, type Server } from "./server.ts";

/** After the drain, open requests have so long to be answered. */
const graceSeconds = 20;

const config = settings();
const log = createLog(config.logLevel);
let server: Server | undefined;
let isEnding = false;

// Before anything else: the first process of a container ignores signals that it does not handle.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(signal));

try {
  server = await startServer(config, log);
} catch (error) {
  const { message } = error as Error;
  log.fatal(message);
  fail("StartFailed", message);
}

function settings(): Config {
  try {
    return readConfig();
  } catch (error) {
    const { message } = error as Error;
    createLog("info").fatal(message);
    return fail("InvalidSettings", message);
  }
}

async function end(signal: NodeJS.Signals): Promise<void> {
  if (!server) process.exit(0);
  if (isEnding) stopNow(`Received ${signal} again`);
  isEnding = true;
  log.info(`Received ${signal}; serving for ${config.drainSeconds} more seconds`);
  const limit = config.drainSeconds + graceSeconds;
  setTimeout(() => stopNow(`Some requests were still open after ${limit} seconds`), limit * 1000);
  try {
    await server.end();
  } catch (error) {
    log.error({ err: error }, "Could not shut down in order");
    fail("ShutdownFailed", `Could not shut down in order: ${(error as Error).message}`);
  }
  // Written before the next line runs; only the clean-up of native code comes after it.
  log.info("Shut down; every request was answered");
  process.exit(0);
}

function stopNow(why: string): never {
  const message = `${why}; stopped at once`;
  log.error(message);
  return fail("ShutdownTimeout", message);
}

function fail(reason: EndReason, message: string): never {
  writeProblem(terminationFile(), reason, message);
  return process.exit(1);
}
