import { pino, type Logger } from "pino";

export type { Logger } from "pino";

/** A log that writes one line of JSON per message to the standard output. */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  });
}
