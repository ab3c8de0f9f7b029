import type { Connection } from "../database/connection.ts";
import { modelLocks } from "../database/locks.ts";
import type { Row } from "./rows.ts";

/** Whose rows these are, and which batch of this writer. */
export interface Batch {
  modelId: number;
  /** SHA-256 of the model that answered. */
  modelSha256: string;
  /** A UUID of the process that writes. */
  writer: string;
  /** Rises with each batch; the same when one comes again. */
  number: number;
  rows: Row[];
}

/**
 * Writes a batch in one transaction. It may be tried again when it is unknown whether it was
 * written: then it is not written twice.
 */
export async function writeRows(connection: Connection, batch: Batch): Promise<void> {
  await connection.query("BEGIN");
  try {
    if (await isNewBatch(connection, batch)) await write(connection, batch);
    await connection.query("COMMIT");
  } catch (error) {
    // The connection itself may be what was lost.
    await connection.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function isNewBatch(
  connection: Connection,
  { modelId, writer, number }: Batch,
): Promise<boolean> {
  const sql = `
    INSERT INTO intendant.writers AS w (id, model_id, batch) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, written_at = now()
    WHERE w.batch < excluded.batch`;
  return (await connection.query(sql, [writer, modelId, number])).rowCount === 1;
}

async function write(connection: Connection, { modelId, modelSha256, rows }: Batch): Promise<void> {
  const lock = "SELECT pg_advisory_xact_lock_shared($1, $2)";
  await connection.query(lock, [modelLocks.annotators, modelId]);
  const examples = await writeExamples(connection, modelId, rows);
  await writeRequests(connection, { modelId, modelSha256, rows }, examples);
  const added = [...examples.values()].filter(({ isNew }) => isNew);
  const queued = await enqueue(connection, modelId, added);
  // What is counted comes last, because until the end of a transaction others wait for its rows;
  // and the model comes first, so that no two of them wait for each other.
  const sql =
    "UPDATE intendant.models SET captured = captured + $2, examples = examples + $3 WHERE id = $1";
  await connection.query(sql, [modelId, rows.length, added.length]);
  await countPending(connection, queued);
}

interface Example {
  id: string;
  isNew: boolean;
  hasSentence: boolean;
}

/** Adds what is new and counts what is known; gives the example of each SHA-256. */
async function writeExamples(
  connection: Connection,
  modelId: number,
  rows: Row[],
): Promise<Map<string, Example>> {
  // In one order everywhere, so that no two transactions wait for each other's rows.
  const groups = [...Map.groupBy(rows, ({ sha256 }) => sha256)].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const times = groups.map(([, same]) => same.map(({ at }) => at));
  // A row that is new was never locked or changed, which is what xmax tells.
  const sql = `
    INSERT INTO intendant.examples AS e
      (model_id, sha256, sentence, inputs, seen, first_seen, last_seen)
    SELECT $1, decode(sha256, 'hex'), sentence, inputs::jsonb, seen,
      to_timestamp(first_seen / 1000), to_timestamp(last_seen / 1000)
    FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::float8[], $7::float8[])
      AS row (sha256, sentence, inputs, seen, first_seen, last_seen)
    ON CONFLICT (model_id, sha256) DO UPDATE SET
      seen = e.seen + excluded.seen,
      first_seen = least(e.first_seen, excluded.first_seen),
      last_seen = greatest(e.last_seen, excluded.last_seen)
    RETURNING id, encode(sha256, 'hex') AS sha256, xmax = 0 AS "isNew", sentence IS NOT NULL AS "hasSentence"`;
  const found = await connection.query<Example & { sha256: string }>(sql, [
    modelId,
    groups.map(([sha256]) => sha256),
    groups.map(([, [row]]) => row?.sentence ?? null),
    groups.map(([, [row]]) => row?.inputs ?? null),
    groups.map(([, same]) => same.length),
    times.map((all) => Math.min(...all)),
    times.map((all) => Math.max(...all)),
  ]);
  return new Map(found.rows.map((row) => [row.sha256, row]));
}

async function writeRequests(
  connection: Connection,
  { modelId, modelSha256, rows }: Pick<Batch, "modelId" | "modelSha256" | "rows">,
  examples: Map<string, Example>,
): Promise<void> {
  const sql = `
    INSERT INTO intendant.requests (model_id, example_id, model_sha256, at, answer, microseconds)
    SELECT $1, example_id, decode($2, 'hex'), to_timestamp(at / 1000), answer::jsonb, microseconds
    FROM unnest($3::bigint[], $4::float8[], $5::text[], $6::bigint[])
      AS row (example_id, at, answer, microseconds)`;
  await connection.query(sql, [
    modelId,
    modelSha256,
    rows.map(({ sha256 }) => examples.get(sha256)?.id),
    rows.map(({ at }) => at),
    rows.map(({ answer }) => answer),
    rows.map(({ microseconds }) => microseconds),
  ]);
}

/** Queues new sentences for the annotator at work; gives how many for which. */
async function enqueue(
  connection: Connection,
  modelId: number,
  added: Example[],
): Promise<Map<number, number>> {
  const ids = added.filter(({ hasSentence }) => hasSentence).map(({ id }) => id);
  if (ids.length === 0) return new Map();
  // An annotator that has just begun to queue what was there may have been faster.
  const sql = `
    WITH queued AS (
      INSERT INTO intendant.pending (annotator_id, example_id)
      SELECT annotators.id, example.id
      FROM intendant.annotators CROSS JOIN unnest($2::bigint[]) AS example (id)
      WHERE model_id = $1 AND active
      ON CONFLICT DO NOTHING
      RETURNING annotator_id)
    SELECT annotator_id AS id, count(*)::integer AS added FROM queued GROUP BY 1 ORDER BY 1`;
  const { rows } = await connection.query<{ id: number; added: number }>(sql, [modelId, ids]);
  return new Map(rows.map((row) => [row.id, row.added]));
}

async function countPending(connection: Connection, queued: Map<number, number>): Promise<void> {
  for (const [annotator, added] of queued) {
    const sql = "UPDATE intendant.annotators SET pending = pending + $2 WHERE id = $1";
    await connection.query(sql, [annotator, added]);
  }
}
