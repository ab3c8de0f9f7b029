import { pino, type Logger } from "pino";

/** Where the operator tells what it did, one line of JSON each. */
export type Log = Logger;

/** A log that writes to the standard output. */
export function createLog(level: string): Log {
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
