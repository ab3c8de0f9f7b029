import { readConfig, type Config } from "./config.ts";
import { createLog } from "../process/log.ts";
import { startServer, type Server } from "./server.ts";

/** Seconds after the drain in which open requests have to be answered. */
const lastSeconds = 20;

const config = settings();
const log = createLog(config.logLevel);
let server: Server | undefined;
let isEnding = false;

// Before anything else: the first process of a container ignores signals that it does not handle.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(signal));

try {
  server = await startServer(config, log);
} catch (error) {
  log.fatal((error as Error).message);
  process.exit(1);
}

function settings(): Config {
  try {
    return readConfig();
  } catch (error) {
    createLog("info").fatal((error as Error).message);
    return process.exit(1);
  }
}

async function end(signal: NodeJS.Signals): Promise<void> {
  if (!server) process.exit(0);
  if (isEnding) stop(`Received ${signal} again`);
  isEnding = true;
  log.info(`Received ${signal}; serving for ${config.drainSeconds} more seconds`);
  const limit = config.drainSeconds + lastSeconds;
  setTimeout(() => stop(`Some requests were still open after ${limit} seconds`), limit * 1000);
  try {
    await server.end();
  } catch (error) {
    log.error({ err: error }, "Could not end as intended");
    process.exit(1);
  }
  // Written before the next line runs; only the clean-up of native code comes after it.
  log.info("Ended; every request was answered");
  process.exit(0);
}

function stop(reason: string): never {
  log.error(`${reason}; ended at once`);
  process.exit(1);
}
