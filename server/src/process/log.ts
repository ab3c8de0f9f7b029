import { pino, type Logger } from "pino";

export type { Logger } from "pino";

/** A log that writes one line of JSON per message to the standard output. */
export function createLog(level: string): Logger {
  // By default a thread writes, and what it has not written when the process ends is lost.
  const output = pino.destination({ dest: 1, sync: true });
  const options = {
    level,
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, output);
}
