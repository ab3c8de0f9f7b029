import * as assert from "uvu/assert";
import { backfill, register, removeReplaced } from "../../../server/src/enrich/registration.ts";
import type { Connection } from "../../../server/src/database/connection.ts";
import { suite } from "../../support/suite.ts";
import {
  account,
  capture,
  captured,
  createQueueDatabase,
  sentences,
  type QueueDatabase,
} from "../../../tools/support/annotation-queue.ts";

const test = suite<{ world: QueueDatabase }>("enrich/registration", 60_000);
const first = { sha256: "11".repeat(32), labels: ["a", "b"] };
const second = { sha256: "22".repeat(32), labels: ["c"] };

test.before(async (context) => void (context.world = await createQueueDatabase()));
test.before.each(async ({ world }) => world.empty());
test.after(async ({ world }) => world.end());

/** Queues everything that was there before; in how many chunks. */
async function backfillAll(connection: Connection, annotator: typeof first): Promise<number> {
  const registration = await register(connection, captured, annotator);
  let chunks = 0;
  while ((await backfill(connection, registration)) === "More") chunks++;
  return chunks;
}

/** Pending rows by the annotator's SHA-256, as counted and as they are. */
async function queues({ connection }: QueueDatabase) {
  const { rows } = await connection.query(
    `SELECT left(encode(sha256, 'hex'), 2) AS annotator, active, pending::integer AS counted,
       (SELECT count(*)::integer FROM intendant.pending WHERE annotator_id = a.id) AS rows
     FROM intendant.annotators AS a ORDER BY sha256`,
  );
  return rows;
}

test("queues what was there before, of the model's own and with a sentence", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(25_000));
  await capture(connection, sentences(30_000, "von anderen"), "demo/other");
  await connection.query(
    `INSERT INTO intendant.examples (model_id, sha256, inputs, seen, first_seen, last_seen)
     SELECT id, sha256('x'), '[]', 1, now(), now() FROM intendant.models WHERE name = $1`,
    [captured],
  );
  assert.is(await backfillAll(connection, first), 3);
  assert.equal(await queues(world), [
    { annotator: "11", active: true, counted: 25_000, rows: 25_000 },
  ]);
});

test("queues once, however many workers do it", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(50_000));
  const others = await Promise.all([1, 2, 3].map(world.connect));
  await Promise.all([connection, ...others].map(async (one) => backfillAll(one, first)));
  while ((await backfillAll(connection, first)) > 0);
  const [queue] = await queues(world);
  assert.equal(queue, { annotator: "11", active: true, counted: 50_000, rows: 50_000 });
});

test("lets what is captured later be queued by who captures it", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(10));
  await register(connection, captured, first);
  await capture(connection, sentences(20, "plus tard"));
  await backfillAll(connection, first);
  const [queue] = await queues(world);
  assert.equal(queue, { annotator: "11", active: true, counted: 30, rows: 30 });
});

test("waits for a capture that has begun, and misses none of its sentences", async ({ world }) => {
  const { connection } = world;
  const [capturing, barrier] = [await world.connect(), await world.connect()];
  const watching = await world.connect();
  await capture(connection, sentences(1));
  // Stands still when it has the model's lock and has added its examples.
  await barrier.query("BEGIN");
  await barrier.query("LOCK TABLE intendant.requests IN EXCLUSIVE MODE");
  const writing = capture(capturing, sentences(5, "pendant"));
  await waitsFor(watching, "relation");
  const registering = register(connection, captured, first);
  await waitsFor(watching, "advisory");
  await barrier.query("COMMIT");
  await Promise.all([writing, registering]);
  await capture(capturing, sentences(7, "après"));
  await backfillAll(connection, first);
  const [queue] = await queues(world);
  assert.equal(queue, { annotator: "11", active: true, counted: 13, rows: 13 });
});

test("makes a capture wait that begins meanwhile, which then sees the annotator", async ({
  world,
}) => {
  const { connection } = world;
  const [capturing, barrier] = [await world.connect(), await world.connect()];
  const watching = await world.connect();
  await capture(connection, sentences(3));
  await barrier.query("BEGIN");
  await barrier.query("LOCK TABLE intendant.annotators IN EXCLUSIVE MODE");
  const registering = register(connection, captured, first);
  await waitsFor(watching, "relation");
  const writing = capture(capturing, sentences(4, "pendant"));
  await waitsFor(watching, "advisory");
  await barrier.query("COMMIT");
  await Promise.all([registering, writing]);
  await backfillAll(connection, first);
  const [queue] = await queues(world);
  assert.equal(queue, { annotator: "11", active: true, counted: 7, rows: 7 });
});

test("gives a new annotator everything, and takes the rest from the old one", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(45_000));
  await backfillAll(connection, first);
  await backfillAll(connection, second);
  const registration = await register(connection, captured, second);
  while (await removeReplaced(connection, registration));
  await capture(connection, sentences(5, "plus tard"));
  assert.equal(await queues(world), [
    { annotator: "11", active: false, counted: 0, rows: 0 },
    { annotator: "22", active: true, counted: 45_005, rows: 45_005 },
  ]);
});

test("gives one that comes back only what it has not seen", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(100));
  await backfillAll(connection, first);
  const { id } = await register(connection, captured, first);
  await connection.query(
    `WITH done AS (DELETE FROM intendant.pending WHERE example_id <= 60 RETURNING example_id)
     INSERT INTO intendant.annotations (annotator_id, example_id, label, probability, probabilities)
     SELECT $1, example_id, 'a', 1, '{1,0}' FROM done WHERE example_id <= 50`,
    [id],
  );
  await connection.query(
    "INSERT INTO intendant.refusals SELECT $1, example, 'no' FROM generate_series(51, 60) AS example",
    [id],
  );
  await connection.query("UPDATE intendant.annotators SET pending = 40");
  const replacing = await register(connection, captured, second);
  while (await removeReplaced(connection, replacing));
  await capture(connection, sentences(5, "entre temps"));
  await backfillAll(connection, first);
  const [queue] = await queues(world);
  assert.equal(queue, { annotator: "11", active: true, counted: 45, rows: 45 });
});

test("leaves other models alone", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(3), "demo/other");
  const other = await register(connection, "demo/other", first);
  await backfill(connection, other);
  await capture(connection, sentences(2));
  const registration = await register(connection, captured, second);
  await backfill(connection, registration);
  assert.not.ok(await removeReplaced(connection, registration));
  assert.is((await account(connection)).pending, 5);
});

/** Resolves when a session waits for a lock of this kind. */
async function waitsFor(connection: Connection, kind: "advisory" | "relation"): Promise<void> {
  const sql = "SELECT FROM pg_locks WHERE locktype = $1 AND NOT granted";
  while ((await connection.query(sql, [kind])).rowCount === 0);
}

test.run();
