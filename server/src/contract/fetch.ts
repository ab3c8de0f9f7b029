/**
 * What the process that fetches or verifies a model leaves for whoever started it: its exit code,
 * and its last words in the termination message.
 */

/** Exit codes by which failures are told apart; all others are crashes. The words are a sentence. */
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

/** The file is there; the words are this as one line of JSON. */
export interface Provided {
  bytes: number;
  sha256: string;
  /** How long it took. */
  seconds: number;
}
