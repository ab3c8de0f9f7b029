import type { Connection } from "../database/connection.ts";
import { modelLocks } from "../database/locks.ts";

/** What was deleted. */
export interface Deleted {
  requests: number;
  examples: number;
}

/** Most rows that one transaction deletes, so that no other one waits for it for long. */
const chunk = 1000;

/**
 * Deletes some of the requests that are too old and of the examples that were not seen for as long,
 * with everything that was derived from them. One server does it at a time; the others find nothing
 * to do.
 */
export async function deleteSome(
  connection: Connection,
  modelId: number,
  retentionSeconds: number,
): Promise<Deleted & { isMore: boolean }> {
  await connection.query("BEGIN");
  try {
    const isMine = await lock(connection, modelId);
    const requests = isMine ? await deleteRequests(connection, modelId, retentionSeconds) : 0;
    // Deleting an example would delete requests with it that are not counted.
    const isLast = isMine && requests < chunk;
    const examples = isLast ? await deleteExamples(connection, modelId, retentionSeconds) : 0;
    await connection.query("COMMIT");
    return { requests, examples, isMore: requests === chunk || examples > 0 };
  } catch (error) {
    await connection.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function lock(connection: Connection, modelId: number): Promise<boolean> {
  const sql = "SELECT pg_try_advisory_xact_lock($1, $2) AS mine";
  const { rows } = await connection.query<{ mine: boolean }>(sql, [modelLocks.retention, modelId]);
  return rows[0]?.mine ?? false;
}

async function deleteRequests(
  connection: Connection,
  modelId: number,
  retentionSeconds: number,
): Promise<number> {
  const sql = `
    WITH old AS (
      SELECT id FROM intendant.requests
      WHERE model_id = $1 AND at < now() - make_interval(secs => $2)
      ORDER BY at LIMIT $3 FOR UPDATE SKIP LOCKED)
    DELETE FROM intendant.requests AS r USING old WHERE r.id = old.id`;
  const { rowCount } = await connection.query(sql, [modelId, retentionSeconds, chunk]);
  const writers = `
    DELETE FROM intendant.writers
    WHERE model_id = $1 AND written_at < now() - make_interval(secs => $2)`;
  // A batch comes again within minutes; a day is enough to remember it.
  await connection.query(writers, [modelId, Math.max(86_400, retentionSeconds)]);
  // They tell how fast annotators are at the moment.
  const batches = `
    DELETE FROM intendant.batches AS b USING intendant.annotators AS a
    WHERE a.id = b.annotator_id AND a.model_id = $1 AND b.finished_at < now() - interval '1 day'`;
  await connection.query(batches, [modelId]);
  return rowCount ?? 0;
}

/**
 * Nothing here waits for a row that another transaction has locked, so there is no deadlock: an example that is seen again or being annotated is left for the next time.
 */
async function deleteExamples(
  connection: Connection,
  modelId: number,
  retentionSeconds: number,
): Promise<number> {
  const old = `
    SELECT id FROM intendant.examples
    WHERE model_id = $1 AND last_seen < now() - make_interval(secs => $2)
    ORDER BY last_seen LIMIT $3 FOR UPDATE SKIP LOCKED`;
  const found = await connection.query<{ id: string }>(old, [modelId, retentionSeconds, chunk]);
  const ids = found.rows.map(({ id }) => id);
  if (ids.length === 0) return 0;
  const queued = "SELECT example_id AS id FROM intendant.pending WHERE example_id = ANY($1)";
  const all = await connection.query<{ id: string }>(queued, [ids]);
  const free = await connection.query<{ id: string }>(`${queued} FOR UPDATE SKIP LOCKED`, [ids]);
  const busy = busyOnes(
    all.rows.map(({ id }) => id),
    free.rows.map(({ id }) => id),
  );
  const idle = ids.filter((id) => !busy.has(id));
  const counts = await countDerived(connection, idle);
  const sql = "DELETE FROM intendant.examples WHERE id = ANY($1)";
  const examples = (await connection.query(sql, [idle])).rowCount ?? 0;
  await discount(connection, modelId, examples, counts);
  return examples;
}

async function discount(
  connection: Connection,
  modelId: number,
  examples: number,
  counts: Derived[],
): Promise<void> {
  const model = "UPDATE intendant.models SET examples = examples - $2 WHERE id = $1";
  await connection.query(model, [modelId, examples]);
  const annotator = `
    UPDATE intendant.annotators
    SET pending = pending - $2, enriched = enriched - $3, refused = refused - $4
    WHERE id = $1`;
  for (const { id, pending, enriched, refused } of counts) {
    await connection.query(annotator, [id, pending, enriched, refused]);
  }
}

/** Those that stand in the queue more often than they could be locked there. */
function busyOnes(all: string[], free: string[]): Set<string> {
  const locked = Map.groupBy(free, (id) => id);
  const counts = Map.groupBy(all, (id) => id);
  const isBusy = (id: string, entries: string[]) => entries.length > (locked.get(id)?.length ?? 0);
  return new Set([...counts].filter(([id, entries]) => isBusy(id, entries)).map(([id]) => id));
}

interface Derived {
  id: number;
  pending: number;
  enriched: number;
  refused: number;
}

/** How much of each annotator goes with some examples. */
async function countDerived(connection: Connection, ids: string[]): Promise<Derived[]> {
  const sql = `
    SELECT annotator_id AS id, sum(pending)::integer AS pending,
      sum(enriched)::integer AS enriched, sum(refused)::integer AS refused
    FROM (
      SELECT annotator_id, 1 AS pending, 0 AS enriched, 0 AS refused
      FROM intendant.pending WHERE example_id = ANY($1)
      UNION ALL
      SELECT annotator_id, 0, 1, 0 FROM intendant.annotations WHERE example_id = ANY($1)
      UNION ALL
      SELECT annotator_id, 0, 0, 1 FROM intendant.refusals WHERE example_id = ANY($1)
    ) AS derived GROUP BY 1 ORDER BY 1`;
  return (await connection.query<Derived>(sql, [ids])).rows;
}
