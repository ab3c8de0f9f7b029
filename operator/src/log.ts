import { pino, type Logger } from "pino";

/** Where the operator tells what it did, one line of JSON each. */
export type Log = Logger;

/** A log that writes to the standard output. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  });
}
