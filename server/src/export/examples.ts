import type { Connection } from "../database/connection.ts";
import { rowsBehindCursor } from "./cursor.ts";
import type { Examples } from "./config.ts";

/** A sentence and its label, as the trainer reads them. */
export interface LabelledSentence {
  intent: string;
  sentence: string;
}

/**
 * The sentences that were reviewed, and those of which the annotator is sure, in the order
 * in which they were first captured. A review counts more.
 *
 * @throws with a sentence when there is no such annotator
 */
export async function* labelledSentences(
  connection: Connection,
  model: string,
  { annotator, minProbability, limitPerLabel, renames }: Omit<Examples, "command">,
): AsyncGenerator<LabelledSentence> {
  const modelId = await idOfModel(connection, model);
  const annotatorId = await idOfAnnotator(connection, model, modelId, annotator);
  // Without a limit nothing has to be sorted: the index has the order.
  const limited =
    limitPerLabel === undefined
      ? labelled
      : `SELECT id, intent, sentence FROM (
           SELECT *, row_number() OVER (
             PARTITION BY intent ORDER BY is_reviewed DESC, probability DESC, id
           ) AS place
           FROM (${labelled}) AS all_of_them
         ) AS placed
         WHERE place <= ${limitPerLabel}`;
  const sql = `SELECT intent, sentence FROM (${limited}) AS labelled ORDER BY id`;
  // No probability is as high as 2.
  const values = [modelId, annotatorId, minProbability ?? 2, renames];
  yield* rowsBehindCursor<LabelledSentence>(connection, sql, values);
}

const labelled = `
  SELECT e.id, e.sentence, reviewed_label IS NOT NULL AS is_reviewed, probability,
    coalesce($4::jsonb ->> coalesce(reviewed_label, label), reviewed_label, label) AS intent
  FROM intendant.examples AS e
  LEFT JOIN intendant.annotations AS a ON a.example_id = e.id AND a.annotator_id = $2
  WHERE e.model_id = $1 AND e.sentence IS NOT NULL
    AND (reviewed_label IS NOT NULL OR probability >= $3::real)`;

/**
 * The id of a captured model.
 *
 * @throws with a sentence when nothing of it is captured
 */
export async function idOfModel(connection: Connection, model: string): Promise<number> {
  const { rows } = await connection.query<{ id: number; name: string }>(
    "SELECT id, name FROM intendant.models ORDER BY name",
  );
  const found = rows.find(({ name }) => name === model);
  if (found) return found.id;
  const names = rows.map(({ name }) => name).join(", ");
  throw new Error(`Nothing of ${model} was captured; the database has ${names || "no model yet"}`);
}

async function idOfAnnotator(
  connection: Connection,
  model: string,
  modelId: number,
  beginning: string,
): Promise<number | undefined> {
  const { rows } = await connection.query<{ id: number; sha256: string; active: boolean }>(
    `SELECT id, encode(sha256, 'hex') AS sha256, active FROM intendant.annotators
     WHERE model_id = $1 ORDER BY active DESC, id`,
    [modelId],
  );
  if (beginning === "") return rows.find(({ active }) => active)?.id;
  const found = rows.filter(({ sha256 }) => sha256.startsWith(beginning));
  if (found.length === 1) return found[0]?.id;
  const known = rows.map(({ sha256 }) => sha256).join(", ") || "none";
  const count = found.length === 0 ? "No" : "More than one";
  throw new Error(`${count} annotator of ${model} begins with ${beginning}; there are: ${known}`);
}
