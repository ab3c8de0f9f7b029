import type { Reason } from "../contract/fetch.ts";

/** Another attempt would end in the same way; the message says what to do. */
export class FetchError extends Error {
  readonly reason: Reason;

  constructor(message: string, reason: Reason = "ModelFetchFailed") {
    super(message);
    this.reason = reason;
  }
}

/** Another attempt may succeed. */
export class RetryableError extends Error {
  /** Milliseconds that the server asks to wait; undefined when it does not say. */
  readonly pause: number | undefined;

  constructor(message: string, pause?: number) {
    super(message);
    this.pause = pause;
  }
}
