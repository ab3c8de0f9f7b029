import type { Reason } from "../contract/enrich.ts";

/** A worker cannot go on; the message says what to do. */
export class WorkerError extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
