import type { Connection } from "../../../server/src/database/connection.ts";
import { begin, releaseRows, take, takeRows } from "../../../server/src/enrich/batch.ts";
import { backfill, register, type Registration } from "../../../server/src/enrich/registration.ts";
import {
  captured,
  createQueueDatabase,
  type QueueDatabase,
} from "../../support/annotation-queue.ts";
import { durable } from "./durable.ts";
import type { Place, Queue } from "./results.ts";

const batchSize = 5000;
/** Batches of which the time is told. */
const batches = 20;
const annotator = { sha256: "00".repeat(32), labels: ["label"] };

/**
 * Fills a queue, drains it by the worker's own statements without a model, and measures how long it
 * takes to take a batch at the beginning, in the middle and at the end.
 */
export async function measureQueue(rows: number, tell: (words: string) => void): Promise<Queue> {
  const database = await createQueueDatabase({ settings: durable });
  const { connection } = database;
  try {
    await fill(database, rows);
    tell(`${rows} examples are there`);
    const started = performance.now();
    const registration = await register(connection, captured, annotator);
    while ((await backfill(connection, registration)) === "More");
    const seconds = (performance.now() - started) / 1000;
    tell(`Queued in ${seconds.toFixed(0)} s`);
    const places: Place[] = [];
    let cursor = "0";
    for (const left of [rows, rows / 2, batches * batchSize]) {
      cursor = await drain(connection, registration, cursor, left);
      const place = await measurePlace(database, registration, cursor, left);
      cursor = place.cursor;
      places.push(place.place);
      tell(`${left} left: ${JSON.stringify(place.place.takes.map(Math.round))}`);
    }
    return { rows, backfill: seconds, places };
  } finally {
    await database.end();
  }
}

/** In chunks, as a database fills over months; each sentence has 60 characters. */
async function fill({ connection }: QueueDatabase, rows: number): Promise<void> {
  await connection.query("INSERT INTO intendant.models (name) VALUES ($1)", [captured]);
  for (let start = 0; start < rows; start += 100_000) {
    await connection.query(
      `INSERT INTO intendant.examples (model_id, sha256, sentence, seen, first_seen, last_seen)
       SELECT 1, sha256(convert_to(sentence, 'UTF8')), sentence, 1, now(), now()
       FROM generate_series($1::bigint, $2::bigint) AS number,
         LATERAL (SELECT rpad('Je cherche un petit hôtel pour ' || number, 60, ' et') AS sentence) AS s`,
      [start + 1, Math.min(rows, start + 100_000)],
    );
  }
}

/** Takes batches off the queue until so many rows are left. */
async function drain(
  connection: Connection,
  registration: Registration,
  cursor: string,
  left: number,
): Promise<string> {
  const sql = "SELECT count(*)::integer AS rows FROM intendant.pending";
  let rows = (await connection.query<{ rows: number }>(sql)).rows[0]?.rows ?? 0;
  for (; rows > left; rows -= batchSize) {
    cursor = (await takeAndLeave(connection, registration, cursor)).cursor;
  }
  return cursor;
}

interface Taken {
  cursor: string;
  milliseconds: number;
}

async function takeAndLeave(
  connection: Connection,
  registration: Registration,
  cursor: string,
): Promise<Taken> {
  await begin(connection, 60);
  const started = performance.now();
  const taken = await take(connection, registration, cursor, batchSize);
  const milliseconds = performance.now() - started;
  if (taken.length !== batchSize) throw new Error(`Took ${taken.length} rows`);
  const ids = taken.map(({ id }) => id);
  await connection.query(releaseRows, [registration.id, ids[0], ids.at(-1), ids]);
  await connection.query("COMMIT");
  return { cursor: taken.at(-1)?.id ?? cursor, milliseconds };
}

async function measurePlace(
  database: QueueDatabase,
  registration: Registration,
  cursor: string,
  left: number,
): Promise<{ place: Place; cursor: string }> {
  const { connection } = database;
  const newcomer = await measureNewcomer(database, registration);
  const plan = await explain(connection, registration, cursor);
  const takes: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const taken = await takeAndLeave(connection, registration, cursor);
    cursor = taken.cursor;
    takes.push(taken.milliseconds);
  }
  return { place: { left, takes, newcomer, plan }, cursor };
}

/** What a worker takes that has just started; it gives the rows back. */
async function measureNewcomer(
  database: QueueDatabase,
  registration: Registration,
): Promise<number[]> {
  const connection = await database.connect();
  const times: number[] = [];
  for (let attempt = 0; attempt < 2; attempt++) {
    await begin(connection, 60);
    const started = performance.now();
    await take(connection, registration, "0", batchSize);
    times.push(performance.now() - started);
    await connection.query("ROLLBACK");
  }
  return times;
}

async function explain(
  connection: Connection,
  { id }: Registration,
  cursor: string,
): Promise<string> {
  await begin(connection, 60);
  const sql = `EXPLAIN (ANALYZE, BUFFERS) ${takeRows}`;
  const { rows } = await connection.query<{ "QUERY PLAN": string }>(sql, [id, cursor, batchSize]);
  await connection.query("ROLLBACK");
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}
