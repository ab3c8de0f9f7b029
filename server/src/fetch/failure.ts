/** Exit codes by which whoever started the process tells failures apart; all others are crashes. */
export const exitCodes = {
  /** The file could not be fetched, or not be read. */
  ModelFetchFailed: 20,
  /** There is no such file. */
  ModelNotFound: 21,
  /** The file has another SHA-256 than demanded. */
  DigestMismatch: 22,
} as const;

/** What kind of failure it is. */
export type Reason = keyof typeof exitCodes;

/** Another attempt would end in the same way; the message says what to do. */
export class Failure extends Error {
  readonly reason: Reason;

  constructor(message: string, reason: Reason = "ModelFetchFailed") {
    super(message);
    this.reason = reason;
  }
}

/** Another attempt may succeed. */
export class Interruption extends Error {
  /** Milliseconds that the server asks to wait; undefined when it does not say. */
  readonly pause: number | undefined;

  constructor(message: string, pause?: number) {
    super(message);
    this.pause = pause;
  }
}
