import type { Connection } from "../database/connection.ts";
import type { AnnotatorProgress, CaptureFigures } from "../contract/ops.ts";

/** What the database says about a model. */
export async function readFigures(
  connection: Connection,
  modelId: number,
): Promise<CaptureFigures> {
  const model = "SELECT captured, examples FROM intendant.models WHERE id = $1";
  const { rows } = await connection.query<{ captured: string; examples: string }>(model, [modelId]);
  // Of an annotator that is not at work, or has not queued everything that was there before it, the
  // queue is not all that is left to do.
  const annotators = `
    SELECT encode(a.sha256, 'hex') AS sha256, enriched::float8, active,
      (CASE WHEN active AND backfilled >= backfill_until THEN pending
       ELSE greatest(0, examples - enriched - refused) END)::float8 AS pending,
      (SELECT coalesce(sum(rows), 0) / 60.0 FROM intendant.batches
       WHERE annotator_id = a.id AND finished_at > now() - interval '1 minute')::float8 AS rate
    FROM intendant.annotators AS a JOIN intendant.models AS m ON m.id = a.model_id
    WHERE model_id = $1 ORDER BY a.id`;
  const found = await connection.query<AnnotatorProgress>(annotators, [modelId]);
  return {
    captured: Number(rows[0]?.captured ?? 0),
    sentences: Number(rows[0]?.examples ?? 0),
    annotators: found.rows,
  };
}
