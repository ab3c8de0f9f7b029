import type { Connection } from "../database/connection.ts";
import type { Answer } from "./annotator.ts";
import type { Registration } from "./registration.ts";
import type { Waiting } from "./slices.ts";

/** A sentence and the id of its example. */
export interface Sentence {
  id: string;
  sentence: string;
}

/** How many rows of a batch got an annotation, and how many the model refused. */
export interface Tally {
  enriched: number;
  refused: number;
}

/**
 * Begins a transaction that the database ends when the worker is silent for so long, without a query
 * or without reading an answer. The queue is always taken by its index, for the statistics cannot be
 * trusted: they are old after it was filled or emptied. The settings end with the
 * transaction, so a pooler between makes no difference.
 */
export async function begin(connection: Connection, lockSeconds: number): Promise<void> {
  await connection.query(`
    BEGIN;
    SET LOCAL idle_in_transaction_session_timeout = ${lockSeconds * 1000};
    SET LOCAL tcp_user_timeout = ${lockSeconds * 1000};
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_bitmapscan = off;
    SET LOCAL enable_sort = off`);
}

/**
 * Takes the next waiting sentences behind the cursor, until the transaction ends: no other worker
 * gets them meanwhile, and the retention lets their examples be.
 *
 * Only rows behind the cursor are looked at, because those before it are mostly dead rows, of
 * sentences that were annotated. An example that the retention is deleting is passed over.
 */
export async function take(
  connection: Connection,
  { id }: Registration,
  cursor: string,
  size: number,
): Promise<Waiting[]> {
  const queued = await connection.query<[id: string]>({
    text: takeRows,
    values: [id, cursor, size],
    rowMode: "array",
  });
  const examples = await connection.query<Waiting>(lockExamples, [queued.rows.flat()]);
  return examples.rows;
}

/** The next rows of the queue; after annotator, cursor and size. */
export const takeRows = `
  SELECT example_id FROM intendant.pending
  WHERE annotator_id = $1 AND example_id > $2
  ORDER BY example_id LIMIT $3 FOR UPDATE SKIP LOCKED`;

// Apart from the queue's rows: where statistics are old, as a queue's are, a join of the two can be
// planned as a look at every example for every row.
const lockExamples = `
  SELECT id, octet_length(sentence) AS bytes FROM intendant.examples
  WHERE id = ANY ($1::bigint[]) ORDER BY id FOR KEY SHARE SKIP LOCKED`;

/** The text of sentences that were taken, in their order. */
export async function read(connection: Connection, waiting: Waiting[]): Promise<Sentence[]> {
  const { rows } = await connection.query<Sentence>(
    "SELECT id, sentence FROM intendant.examples WHERE id = ANY ($1::bigint[]) ORDER BY id",
    [waiting.map(({ id }) => id)],
  );
  return rows;
}

/** Writes what the annotator answered, and takes the sentences off the queue. */
export async function keep(
  connection: Connection,
  { id, labels }: Registration,
  sentences: Sentence[],
  answers: Answer[],
): Promise<Tally> {
  const annotated: { id: string; probabilities: Float32Array }[] = [];
  const refused: { id: string; refusal: string }[] = [];
  for (const [index, sentence] of sentences.entries()) {
    const answer = answers[index] as Answer;
    if ("refusal" in answer) refused.push({ id: sentence.id, ...answer });
    else annotated.push({ id: sentence.id, ...answer });
  }
  await connection.query(keepRows, [
    id,
    sentences[0]?.id,
    sentences.at(-1)?.id,
    sentences.map((row) => row.id),
    refused.map((row) => row.id),
    refused.map((row) => row.refusal),
    labels,
    annotated.map((row) => row.id),
    annotated.map((row) => indexOfMost(row.probabilities) + 1),
    // A list of lists would be unnested to its numbers, so each list comes as its text.
    annotated.map((row) => `{${row.probabilities.join()}}`),
  ]);
  return { enriched: annotated.length, refused: refused.length };
}

/** Takes rows off the queue; after annotator, the first id, the last id and all ids. */
export const releaseRows = `
  DELETE FROM intendant.pending
  -- With the list alone, the whole queue can be read for it.
  WHERE annotator_id = $1 AND example_id BETWEEN $2 AND $3 AND example_id = ANY ($4::bigint[])`;

// One statement, so that the database does it all while the model runs over the next sentences.
const keepRows = `
  WITH gone AS (${releaseRows}), refused AS (
    INSERT INTO intendant.refusals (annotator_id, example_id, message)
    SELECT $1, example_id, message FROM unnest($5::bigint[], $6::text[]) AS t (example_id, message)
  )
  INSERT INTO intendant.annotations (annotator_id, example_id, label, probability, probabilities)
  SELECT $1, example_id, ($7::text[])[best], probabilities[best], probabilities
  FROM (
    SELECT example_id, best, probabilities::real[] AS probabilities
    FROM unnest($8::bigint[], $9::integer[], $10::text[]) AS t (example_id, best, probabilities)
  ) AS answers`;

/** Counts what a batch did; at its end, because the next one to count waits for its transaction. */
export async function count(
  connection: Connection,
  { id }: Registration,
  { enriched, refused }: Tally,
  seconds: number,
): Promise<void> {
  await connection.query(
    `WITH batch AS (
       INSERT INTO intendant.batches (annotator_id, rows, seconds)
       VALUES ($1, $2::integer + $3::integer, $4)
     )
     UPDATE intendant.annotators
     SET pending = pending - $2 - $3, enriched = enriched + $2, refused = refused + $3
     WHERE id = $1`,
    [id, enriched, refused, seconds],
  );
}

/** Whether the queue has rows, be they taken or not. */
export async function isPending(connection: Connection, { id }: Registration): Promise<boolean> {
  // By the index: there may be millions of dead rows in the table.
  const { rowCount } = await connection.query(
    "SELECT FROM intendant.pending WHERE annotator_id = $1 ORDER BY example_id LIMIT 1",
    [id],
  );
  return rowCount === 1;
}

/** Where the largest number is; the first one of several. */
function indexOfMost(numbers: Float32Array): number {
  let best = 0;
  for (let index = 1; index < numbers.length; index++) {
    if ((numbers[index] as number) > (numbers[best] as number)) best = index;
  }
  return best;
}
