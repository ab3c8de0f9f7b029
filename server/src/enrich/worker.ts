import { setTimeout as wait } from "node:timers/promises";
import type { Connection } from "../database/connection.ts";
import type { Logger } from "../process/log.ts";
import type { Annotator } from "./annotator.ts";
import { begin, count, isPending, keep, read, take, type Tally } from "./batch.ts";
import { backfill, register, removeReplaced, type Registration } from "./registration.ts";
import { sliceSize, type Waiting } from "./slices.ts";

/** What a worker works with. */
export interface Worker {
  annotator: Annotator;
  /** The captured model, as namespace/name. */
  model: string;
  /** Rows of a transaction. */
  batchSize: number;
  /** Seconds after which the database takes the rows back from a worker that is not heard of. */
  lockSeconds: number;
  log: Logger;
  /** Aborted when it is to end. */
  signal: AbortSignal;
  /** Told of each batch once it is there to stay. */
  onBatch: (tally: Tally) => void;
}

/** Milliseconds until it looks again for rows that other workers have taken, and may give back. */
const pauseMs = 500;

/**
 * Annotates until nothing is pending any more, or until it is to end: then what is finished of the
 * batch is kept and the rest is given back, which takes as long as one run of the model.
 */
export async function work(worker: Worker, connection: Connection): Promise<void> {
  const registration = await register(connection, worker.model, worker.annotator);
  while (!worker.signal.aborted && (await removeReplaced(connection, registration)));
  let cursor = "0";
  let backfilled = await backfill(connection, registration);
  while (!worker.signal.aborted) {
    if (backfilled !== "Complete") backfilled = await backfill(connection, registration);
    const last = await annotateBatch(worker, connection, registration, cursor);
    if (last !== undefined) {
      cursor = last;
    } else if (cursor !== "0") {
      // Before the cursor are the rows that others gave back.
      cursor = "0";
    } else if (backfilled === "Complete" && !(await isPending(connection, registration))) {
      return;
    } else if (backfilled !== "More") {
      await wait(pauseMs, undefined, { signal: worker.signal }).catch(() => undefined);
    }
  }
}

/** Annotates one batch in one transaction; the last id of it, undefined when there was no row. */
async function annotateBatch(
  worker: Worker,
  connection: Connection,
  registration: Registration,
  cursor: string,
): Promise<string | undefined> {
  const started = performance.now();
  await begin(connection, worker.lockSeconds);
  const waiting = await take(connection, registration, cursor, worker.batchSize);
  const tally = await annotateSlices(worker, connection, registration, waiting);
  const seconds = (performance.now() - started) / 1000;
  if (tally.enriched + tally.refused > 0) await count(connection, registration, tally, seconds);
  await connection.query("COMMIT");
  if (waiting.length === 0) return undefined;
  worker.onBatch(tally);
  worker.log.debug({ ...tally, seconds }, "Annotated a batch");
  return waiting.at(-1)?.id;
}

/**
 * Runs the model over what was taken, part by part: so neither memory nor silence grow with it. The
 * database writes one part while the model runs over the next.
 */
async function annotateSlices(
  { annotator, signal }: Worker,
  connection: Connection,
  registration: Registration,
  waiting: Waiting[],
): Promise<Tally> {
  const tally = { enriched: 0, refused: 0 };
  let rest = waiting;
  let secondsPerRow: number | undefined;
  const next = async () => {
    const slice = signal.aborted ? [] : rest.slice(0, sliceSize(rest, secondsPerRow));
    rest = rest.slice(slice.length);
    return slice.length > 0 ? read(connection, slice) : [];
  };
  let keeping = Promise.resolve({ enriched: 0, refused: 0 });
  for (let sentences = await next(); sentences.length > 0;) {
    const started = performance.now();
    const answers = await annotator.annotate(sentences.map(({ sentence }) => sentence));
    secondsPerRow = (performance.now() - started) / 1000 / sentences.length;
    add(tally, await keeping);
    const following = await next();
    keeping = keep(connection, registration, sentences, answers);
    // It is awaited when the model has run again; a failure must not count as unheard of until then.
    keeping.catch(() => undefined);
    sentences = following;
  }
  add(tally, await keeping);
  return tally;
}

function add(tally: Tally, { enriched, refused }: Tally): void {
  tally.enriched += enriched;
  tally.refused += refused;
}
