import type { Socket } from "node:net";
import { pino } from "pino";
import * as assert from "uvu/assert";
import type { Answer } from "../../../server/src/enrich/annotator.ts";
import { begin } from "../../../server/src/enrich/batch.ts";
import { backfill, register } from "../../../server/src/enrich/registration.ts";
import { work, type Worker } from "../../../server/src/enrich/worker.ts";
import { suite } from "../../support/suite.ts";
import {
  account,
  capture,
  captured,
  createQueueDatabase,
  sentences,
  type QueueDatabase,
} from "../../../tools/support/annotation-queue.ts";

const test = suite<{ world: QueueDatabase }>("enrich/worker", 60_000);

test.before(async (context) => void (context.world = await createQueueDatabase()));
test.before.each(async ({ world }) => world.empty());
test.after(async ({ world }) => world.end());

/** Gives every sentence the second of two labels. */
const plain = async (sentences: string[]): Promise<Answer[]> =>
  sentences.map(() => ({ probabilities: Float32Array.of(0.25, 0.75) }));

/** A worker with an annotator that answers as told. */
function workerWith(
  annotate: Worker["annotator"]["annotate"],
  other: Partial<Worker> = {},
): Worker {
  const annotator = {
    sha256: "ab".repeat(32),
    labels: ["a", "b"],
    annotate,
    close: async () => {},
  };
  const log = pino({ level: "silent" });
  return {
    annotator,
    log,
    model: captured,
    batchSize: 1000,
    lockSeconds: 60,
    signal: new AbortController().signal,
    onBatch: () => {},
    ...other,
  };
}

test("writes label, probabilities and time", async ({ world: { connection } }) => {
  await capture(connection, [
    "Robert'); DROP TABLE examples;--",
    "😀 \u{1F468}‍👩‍👧",
    'a "b" \\'.repeat(9),
  ]);
  await work(workerWith(plain), connection);
  const { rows } = await connection.query(
    `SELECT sentence, label, probability, probabilities, annotated_at > now() - interval '1 minute' AS recent
     FROM intendant.annotations JOIN intendant.examples ON id = example_id ORDER BY id`,
  );
  assert.is(rows.length, 3);
  for (const { label, probability, probabilities, recent } of rows) {
    assert.equal([label, probability, probabilities, recent], ["b", 0.75, [0.25, 0.75], true]);
  }
});

test("hands the annotator a few sentences at a time, and each once", async ({
  world: { connection },
}) => {
  const seen: string[] = [];
  let most = 0;
  await capture(connection, sentences(5000));
  const annotate = async (some: string[]) => {
    seen.push(...some);
    most = Math.max(most, some.length);
    return plain(some);
  };
  const tallies: number[] = [];
  const onBatch = ({ enriched }: { enriched: number }) => void tallies.push(enriched);
  await work(workerWith(annotate, { batchSize: 2000, onBatch }), connection);
  assert.equal(tallies, [2000, 2000, 1000]);
  assert.equal(seen.toSorted(), sentences(5000).toSorted());
  assert.ok(most <= 512, `${most} at once`);
});

test("records what the model refuses, and asks no more for it", async ({
  world: { connection },
}) => {
  await capture(connection, sentences(30));
  const annotate = async (some: string[]): Promise<Answer[]> =>
    some.map((sentence) =>
      sentence.endsWith("7")
        ? { refusal: `The model does not take "${sentence}"` }
        : { probabilities: Float32Array.of(1, 0) },
    );
  await work(workerWith(annotate), connection);
  await work(workerWith(annotate), connection);
  assert.equal(await account(connection), {
    examples: 30,
    annotations: 27,
    refusals: 3,
    pending: 0,
    batches: 30,
    counted: [{ enriched: 27, refused: 3, pending: 0 }],
  });
});

test("gives everything back when the annotator fails", async ({ world }) => {
  await capture(world.connection, sentences(100));
  let runs = 0;
  const annotate = async (some: string[]) => {
    if (++runs === 2) throw new Error("no memory");
    return plain(some);
  };
  const connection = await world.connect();
  let message = "";
  await work(workerWith(annotate), connection).catch((error: Error) => (message = error.message));
  connection.destroy();
  assert.is(message, "no memory");
  await work(workerWith(plain), world.connection);
  assert.equal((await account(world.connection)).counted, [
    { enriched: 100, refused: 0, pending: 0 },
  ]);
});

test("keeps what is finished when told to end, and gives back the rest", async ({
  world: { connection },
}) => {
  await capture(connection, sentences(100));
  const ending = new AbortController();
  const annotate = async (some: string[]) => {
    ending.abort();
    return plain(some);
  };
  await work(workerWith(annotate, { signal: ending.signal }), connection);
  const found = await account(connection);
  assert.equal(found.counted, [{ enriched: 16, refused: 0, pending: 84 }]);
  assert.equal([found.annotations, found.pending, found.batches], [16, 84, 16]);
});

test("does not end while another worker may give rows back", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(60));
  const { promise: taken, resolve: tell } = Promise.withResolvers<void>();
  const { promise: failing, reject: fail } = Promise.withResolvers<Answer[]>();
  const other = await world.connect();
  const first = work(
    workerWith(async () => {
      tell();
      return failing;
    }),
    other,
  ).catch(() => other.destroy());
  await taken;
  let isDone = false;
  const second = work(workerWith(plain), connection).then(() => (isDone = true));
  // It has looked, found nothing to take, and something that is pending.
  const watching = await world.connect();
  const looked =
    "SELECT FROM pg_stat_activity WHERE state = 'idle' AND query LIKE '%ORDER BY example_id LIMIT 1' AND pid <> pg_backend_pid()";
  while ((await watching.query(looked)).rowCount === 0);
  assert.not.ok(isDone);
  fail(new Error("a failure"));
  await Promise.all([first, second]);
  assert.equal((await account(connection)).counted, [{ enriched: 60, refused: 0, pending: 0 }]);
});

const silences: [title: string, sql: string][] = [
  ["asks nothing", "SELECT 1"],
  ["takes no answer", "SELECT repeat('x', 1000000) FROM generate_series(1, 100)"],
];
for (const [title, sql] of silences) {
  test(`loses its session when it ${title} any more`, async ({ world }) => {
    const silent = await world.connect();
    await begin(silent, 1);
    const { rows } = await silent.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    // As of a machine that the network does not reach.
    const { connection } = silent as unknown as { connection: { stream: Socket } };
    connection.stream.pause();
    silent.query(sql).catch(() => undefined);
    const session = "SELECT FROM pg_stat_activity WHERE pid = $1";
    while ((await world.connection.query(session, [rows[0]?.pid])).rowCount === 1);
  });
}

test("waits for nothing that retention deletes, and retention for nothing of a batch", async ({
  world,
}) => {
  const { connection } = world;
  await capture(connection, sentences(10));
  const registration = await register(connection, captured, workerWith(plain).annotator);
  await backfill(connection, registration);
  const staying = await connection.query<{ sentence: string }>(
    "SELECT sentence FROM intendant.examples ORDER BY id OFFSET 4",
  );
  const deleting = await world.connect();
  await deleting.query("BEGIN");
  await deleting.query(
    "DELETE FROM intendant.examples WHERE id IN (SELECT id FROM intendant.examples ORDER BY id LIMIT 4)",
  );
  const seen: string[] = [];
  const ending = new AbortController();
  const annotate = async (some: string[]) => {
    seen.push(...some);
    ending.abort();
    const free = "SELECT id FROM intendant.examples FOR UPDATE SKIP LOCKED";
    assert.is((await (await world.connect()).query(free)).rowCount, 0);
    return plain(some);
  };
  await work(workerWith(annotate, { signal: ending.signal }), connection);
  await deleting.query("COMMIT");
  assert.is(seen.length, 6);
  assert.equal(
    seen,
    staying.rows.map(({ sentence }) => sentence),
  );
});

test.run();
