import type { Provenance } from "../lib/provenance.ts";

/** What one call of the benchmark found out. */
export interface Results extends Provenance {
  versions: { node: string; postgres: string };
  /** Processes that waited for a CPU, on average over the minute before and after. */
  load: { before: number; after: number };
  rounds: Round[];
  queues: Queue[];
}

/** Rows per second, by each way, one after the other. */
export interface Round {
  /** By a worker, in batches, from its first look at the database to its end. */
  bulk: number;
  /** Over HTTP, one request at a time, with the sentences at hand and the answers thrown away. */
  http: number;
  /** As before, and each row is read from the database and written to it. */
  loop: number;
}

/** How fast a queue of some length gives its rows. */
export interface Queue {
  rows: number;
  /** Seconds to queue all that was there before the annotator. */
  backfill: number;
  places: Place[];
}

/** A place in the course of draining a queue; times in milliseconds. */
export interface Place {
  /** Rows that are left. */
  left: number;
  /** To take 5,000 rows behind the cursor, in several batches. */
  takes: number[];
  /** To take 5,000 rows with a cursor at the beginning, as a new worker does; then once more. */
  newcomer: number[];
  /** EXPLAIN (ANALYZE, BUFFERS) of taking them behind the cursor. */
  plan: string;
}
