/**
 * What the process that fetches or verifies a model leaves in the termination message of its
 * container: a `Provided`, or a `Problem` with one of these reasons, as one line of JSON.
 */
/** Exit codes by which failures are told apart; all others are crashes. */
export const exitCodes = {
  /** The file could not be fetched, or not be read. */
  ModelFetchFailed: 20,
  /** There is no such file. */
  ModelNotFound: 21,
  /** The file has another SHA-256 than it should have. */
  DigestMismatch: 22,
} as const;

/** What kind of failure it is. */
export type Reason = keyof typeof exitCodes;
