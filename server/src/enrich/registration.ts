import type { Connection } from "../database/connection.ts";
import { annotatorLocks, modelLocks } from "../database/locks.ts";
import { findOrCreateModel } from "../database/models.ts";
import type { Annotator } from "./annotator.ts";

/** An annotator as the database knows it. */
export interface Registration {
  id: number;
  /** Of the model whose sentences it annotates. */
  modelId: number;
  labels: string[];
}

/**
 * Makes an annotator the one of a model, so that each new sentence is queued for it; `backfill`
 * queues those that are there already.
 *
 * Capture holds the lock that is taken here, shared, while it writes. So a capture that was before
 * has its examples in the table, up to `backfill_until`, and one that comes after sees the
 * annotator: no sentence is missed by both.
 *
 * @param name of the captured model, as namespace/name
 */
export async function register(
  connection: Connection,
  name: string,
  { sha256, labels }: Pick<Annotator, "sha256" | "labels">,
): Promise<Registration> {
  const modelId = await findOrCreateModel(connection, name);
  const active = await findActive(connection, modelId, sha256);
  if (active !== undefined) return { id: active, modelId, labels };
  await connection.query("BEGIN");
  await connection.query("SELECT pg_advisory_xact_lock($1, $2)", [modelLocks.annotators, modelId]);
  await connection.query(
    "UPDATE intendant.annotators SET active = false WHERE model_id = $1 AND active AND sha256 <> decode($2, 'hex')",
    [modelId, sha256],
  );
  // One that comes back has what it annotated before; the backfill leaves that out.
  const { rows } = await connection.query<{ id: number }>(
    `INSERT INTO intendant.annotators AS a (model_id, sha256, labels, backfill_until)
     SELECT $1, decode($2, 'hex'), $3, coalesce(max(id), 0) FROM intendant.examples
     ON CONFLICT (model_id, sha256) DO UPDATE
     SET active = true,
         backfilled = CASE WHEN a.active THEN a.backfilled ELSE 0 END,
         backfill_until = CASE WHEN a.active THEN a.backfill_until ELSE excluded.backfill_until END
     RETURNING id`,
    [modelId, sha256, labels],
  );
  await connection.query("COMMIT");
  return { id: rows[0]?.id as number, modelId, labels };
}

async function findActive(
  connection: Connection,
  modelId: number,
  sha256: string,
): Promise<number | undefined> {
  const { rows } = await connection.query<{ id: number }>(
    `SELECT id FROM intendant.annotators
     WHERE model_id = $1 AND sha256 = decode($2, 'hex') AND active`,
    [modelId, sha256],
  );
  return rows[0]?.id;
}

/** Rows that one chunk looks at or removes: a few hundred milliseconds. */
const chunkRows = 20_000;

/** What became of a chunk of the backfill: another worker may be at work on one. */
export type Backfilled = "More" | "Complete" | "Elsewhere";

/**
 * Queues some of the sentences that were there before the annotator. A chunk is a transaction, so
 * workers that come and go share the work.
 *
 * The examples of all models are walked through by their id, each once, which needs no index of its
 * own however few of them are this model's.
 */
export async function backfill(
  connection: Connection,
  registration: Registration,
): Promise<Backfilled> {
  await connection.query("BEGIN");
  const chunk = await nextChunk(connection, registration);
  if (typeof chunk === "object") await queueChunk(connection, registration, chunk);
  await connection.query("COMMIT");
  return typeof chunk === "object" ? "More" : chunk;
}

/** Ids of examples: behind the first up to the last. */
interface Chunk {
  after: string;
  last: string;
}

async function nextChunk(
  connection: Connection,
  { id }: Registration,
): Promise<Chunk | "Complete" | "Elsewhere"> {
  const lock = "SELECT pg_try_advisory_xact_lock($1, $2) AS taken";
  const taken = await connection.query<{ taken: boolean }>(lock, [annotatorLocks.backfill, id]);
  if (!taken.rows[0]?.taken) return "Elsewhere";
  const { rows } = await connection.query<Chunk>(
    `SELECT backfilled AS after, coalesce(last, backfill_until) AS last
     FROM intendant.annotators AS a, LATERAL (
       SELECT max(id) AS last FROM (
         SELECT id FROM intendant.examples
         WHERE id > a.backfilled AND id <= a.backfill_until ORDER BY id LIMIT $2
       ) AS chunk
     ) AS chunk
     WHERE a.id = $1 AND backfilled < backfill_until`,
    [id, chunkRows],
  );
  return rows[0] ?? "Complete";
}

async function queueChunk(
  connection: Connection,
  { id, modelId }: Registration,
  { after, last }: Chunk,
): Promise<void> {
  const { rowCount } = await connection.query(
    `INSERT INTO intendant.pending (annotator_id, example_id)
     SELECT $1, e.id FROM intendant.examples AS e
     WHERE e.id > $3 AND e.id <= $4 AND e.model_id = $2 AND e.sentence IS NOT NULL
       AND NOT EXISTS (
         SELECT FROM intendant.annotations WHERE example_id = e.id AND annotator_id = $1
       )
       AND NOT EXISTS (
         SELECT FROM intendant.refusals WHERE example_id = e.id AND annotator_id = $1
       )
     ORDER BY e.id
     -- Those that the retention is deleting are waited for, and then not there.
     FOR KEY SHARE OF e
     ON CONFLICT DO NOTHING`,
    [id, modelId, after, last],
  );
  await connection.query(
    "UPDATE intendant.annotators SET pending = pending + $2, backfilled = $3 WHERE id = $1",
    [id, rowCount, last],
  );
}

/**
 * Empties the queues of annotators that were replaced, in chunks.
 *
 * @returns whether there may be more
 */
export async function removeReplaced(
  connection: Connection,
  { modelId }: Registration,
): Promise<boolean> {
  const { rows } = await connection.query<{ removed: boolean }>(
    `WITH leftover AS (
       SELECT p.annotator_id, p.example_id
       FROM intendant.pending AS p JOIN intendant.annotators AS a ON a.id = p.annotator_id
       WHERE a.model_id = $1 AND NOT a.active
       LIMIT $2 FOR UPDATE OF p SKIP LOCKED
     ), removed AS (
       DELETE FROM intendant.pending AS p USING leftover AS l
       WHERE p.annotator_id = l.annotator_id AND p.example_id = l.example_id
       RETURNING p.annotator_id
     ), counted AS (
       SELECT annotator_id, count(*) AS rows FROM removed GROUP BY annotator_id
     ), updated AS (
       UPDATE intendant.annotators AS a SET pending = pending - rows
       FROM counted WHERE a.id = counted.annotator_id
     )
     SELECT EXISTS (SELECT FROM counted) AS removed`,
    [modelId, chunkRows],
  );
  return rows[0]?.removed ?? false;
}
