import { Agent, get } from "node:http";
import { text } from "node:stream/consumers";
import type { Connection } from "../../../server/src/database/connection.ts";
import { readCorpus } from "../../../model/src/corpus/corpus.ts";
import {
  capture,
  captured,
  createQueueDatabase,
  workerProcess,
  type QueueDatabase,
} from "../../support/annotation-queue.ts";
import { startServer } from "../lib/shipped-server.ts";
import { durable } from "./durable.ts";
import type { Round } from "./results.ts";

/** Sentences that a worker annotates in a round, and that are asked for one at a time. */
export interface Sizes {
  bulk: number;
  single: number;
}

/** Rows per second in bulk and one at a time, in turns, with the same model and database. */
export async function measureRates(
  rounds: number,
  { bulk, single }: Sizes,
  progress: (round: Round) => void,
): Promise<Round[]> {
  const database = await createQueueDatabase({ settings: durable });
  const server = await startServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (sentence: string) => answer(server.url, sentence, agent);
  const sentences = corpus(bulk);
  const found: Round[] = [];
  try {
    // The first requests of a process are slower than all others.
    await rate(sentences.slice(0, 2000), ask);
    for (let round = 0; round < rounds; round++) {
      const rates = {
        bulk: await bulkRate(database, sentences),
        http: await rate(sentences.slice(0, single), ask),
        loop: await loopRate(database, sentences.slice(0, single), ask),
      };
      found.push(rates);
      progress(rates);
    }
    return found;
  } finally {
    agent.destroy();
    await server.stop();
    await database.end();
  }
}

/** As many different sentences, in the language of users. */
function corpus(count: number): string[] {
  const some = readCorpus("model/corpus").map(({ sentence }) => sentence);
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / some.length);
    return `${some[index % some.length]}${round === 0 ? "" : ` ${round}`}`;
  });
}

async function answer(url: string, sentence: string, agent: Agent): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const address = `${url}/api/intent?sentence=${encodeURIComponent(sentence)}`;
  get(address, { agent }, (response) => {
    if (response.statusCode === 200) resolve(text(response));
    else reject(new Error(`The server answered ${response.statusCode}`));
  }).on("error", reject);
  return promise;
}

async function fill({ connection, empty }: QueueDatabase, sentences: string[]): Promise<void> {
  await empty();
  for (let start = 0; start < sentences.length; start += 10_000) {
    await capture(connection, sentences.slice(start, start + 10_000));
  }
}

/** From the line that says that the model is loaded to the one that says that nothing is pending. */
async function bulkRate(database: QueueDatabase, sentences: string[]): Promise<number> {
  await fill(database, sentences);
  const worker = workerProcess(database.postgres, { LOG_LEVEL: "info" });
  const code = await worker.ended();
  const [first, last] = [worker.log[0], worker.log.at(-1)];
  if (code !== 0 || last?.["enriched"] !== sentences.length) {
    throw new Error(`The worker ended with ${code}: ${worker.words()}`);
  }
  const milliseconds = Date.parse(String(last["time"])) - Date.parse(String(first?.["time"]));
  return (1000 * sentences.length) / milliseconds;
}

async function rate<T>(items: T[], each: (item: T) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  for (const item of items) await each(item);
  return (1000 * items.length) / (performance.now() - started);
}

/** Reads a row, asks, and writes the answer: each row in as few statements as can be. */
async function loopRate(
  database: QueueDatabase,
  sentences: string[],
  ask: (sentence: string) => Promise<string>,
): Promise<number> {
  await fill(database, sentences);
  const { connection } = database;
  await queueAll(connection);
  return rate(sentences, async () => {
    const { rows } = await connection.query<{ id: string; sentence: string }>(next);
    const [row] = rows;
    if (!row) throw new Error("The queue was empty too early");
    const probabilities = Object.values(JSON.parse(await ask(row.sentence))).map(probabilityOf);
    await connection.query(write, [row.id, Math.max(...probabilities), probabilities]);
  });
}

const probabilityOf = (intent: unknown) => (intent as { probability: number }).probability;

async function queueAll(connection: Connection): Promise<void> {
  await connection.query(
    `INSERT INTO intendant.annotators (model_id, sha256, labels)
     SELECT id, 'x', '{label}' FROM intendant.models WHERE name = $1`,
    [captured],
  );
  await connection.query(
    "INSERT INTO intendant.pending SELECT a.id, e.id FROM intendant.annotators AS a, intendant.examples AS e",
  );
  await connection.query("ANALYZE intendant.pending, intendant.examples");
}

const next = `
  SELECT e.id, e.sentence FROM intendant.pending AS p
  JOIN intendant.examples AS e ON e.id = p.example_id
  WHERE p.annotator_id = (SELECT id FROM intendant.annotators) ORDER BY p.example_id LIMIT 1`;

const write = `
  WITH done AS (DELETE FROM intendant.pending WHERE example_id = $1 RETURNING annotator_id)
  INSERT INTO intendant.annotations (annotator_id, example_id, label, probability, probabilities)
  SELECT annotator_id, $1, 'label', $2, $3 FROM done`;
