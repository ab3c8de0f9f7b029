/**
 * What a worker that enriches captured sentences leaves for whoever started it: its exit code, and
 * its last words in the termination message. It ends with 0 when nothing is pending any more, and
 * with 143 when it was told to end; what it had finished by then is kept, the rest given back.
 */

/** Exit codes by which failures are told apart; all others are crashes. The words are a sentence. */
export const exitCodes = {
  /** A setting cannot be used. */
  InvalidSettings: 30,
  /** The model's file is not there, is another one than demanded, or does not load. */
  ModelUnservable: 31,
  /** The model is none that gives each text a label. */
  NotAClassifier: 32,
  /** The database was reached and refuses: password, name, certificate, rights, newer schema. */
  DatabaseRefused: 33,
  /** The database could not be reached for longer than a worker waits. */
  DatabaseUnreachable: 34,
} as const;

/** What kind of failure it is. */
export type Reason = keyof typeof exitCodes;
