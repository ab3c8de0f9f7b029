/**
 * Advisory locks, which everybody who writes to the database agrees on. Each is held until the end
 * of its transaction, so that it works through a pooler as well.
 * https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */

/** For `pg_advisory_xact_lock(bigint)`: held by who brings the schema up to date. */
export const migrationLock = 0x696e74656e640000n;

/**
 * The first of the two keys of `pg_advisory_xact_lock(integer, integer)`; the second is the model's
 * id.
 */
export const modelLocks = {
  /**
   * Held shared by who adds examples, and alone by who adds an annotator, for as long as that
   * takes: so an example that is not yet seen by the one is queued by the other.
   */
  annotators: 0x696e7401,
  /** Held by who deletes what is too old. */
  retention: 0x696e7402,
} as const;

/** The first of two keys; the second is the annotator's id. */
export const annotatorLocks = {
  /** Held by who queues the examples that were there before the annotator. */
  backfill: 0x696e7403,
} as const;
