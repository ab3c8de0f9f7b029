/**
 * What a worker that enriches captured sentences leaves: its exit code, and in the termination
 * message of its container what it did, or a `Problem` with one of these reasons, as one line of
 * JSON. It ends with 0 when nothing is pending any more, and with 143 when it was told to stop; what
 * it had finished by then is kept, the rest is released.
 */

/** Exit codes by which failures are told apart; all others are crashes. */
export const exitCodes = {
  /** A setting cannot be used. */
  InvalidSettings: 30,
  /** The model's file is not there, has another digest than it should, or does not load. */
  ModelUnservable: 31,
  /** The model does not give each text a label. */
  NotAClassifier: 32,
  /** The database was reached and refuses: password, name, certificate, rights, newer schema. */
  DatabaseRefused: 33,
  /** The database could not be reached for longer than a worker waits. */
  DatabaseUnreachable: 34,
} as const;

/** How many rows a worker has annotated, and how many the model refused. */
export interface Enriched {
  enriched: number;
  refused: number;
}

/** What kind of failure it is. */
export type Reason = keyof typeof exitCodes;
