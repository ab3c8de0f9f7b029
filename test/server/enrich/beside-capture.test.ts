import { pino } from "pino";
import * as assert from "uvu/assert";
import { deleteSome } from "../../../server/src/capture/delete-some.ts";
import { readFigures } from "../../../server/src/capture/read-figures.ts";
import type { Answer } from "../../../server/src/enrich/annotator.ts";
import { backfill, register } from "../../../server/src/enrich/registration.ts";
import { work } from "../../../server/src/enrich/worker.ts";
import { suite } from "../../support/suite.ts";
import {
  account,
  capture,
  captured,
  createQueueDatabase,
  sentences,
  type QueueDatabase,
} from "../../../tools/support/annotation-queue.ts";

const test = suite<{ world: QueueDatabase }>("enrich: beside capture", 60_000);
const [first, second] = ["11", "22"].map((digits) => digits.repeat(32)) as [string, string];

test.before(async (context) => void (context.world = await createQueueDatabase()));
test.before.each(async ({ world }) => world.empty());
test.after(async ({ world }) => world.end());

/** Annotates all that is pending; sentences that end with 7 are refused. */
async function annotateAll({ connection }: QueueDatabase, sha256: string): Promise<void> {
  const annotate = async (some: string[]): Promise<Answer[]> =>
    some.map((sentence) =>
      sentence.endsWith("7") ? { refusal: "no" } : { probabilities: Float32Array.of(0.25, 0.75) },
    );
  await work(
    {
      annotator: { sha256, labels: ["a", "b"], annotate, close: async () => {} },
      model: captured,
      batchSize: 1000,
      lockSeconds: 60,
      log: pino({ level: "silent" }),
      signal: new AbortController().signal,
      onBatch: () => {},
    },
    connection,
  );
}

/** What the server tells of each annotator, without the rate. */
async function figures({ connection }: QueueDatabase) {
  const { annotators } = await readFigures(connection, 1);
  return annotators.map(({ sha256, active, enriched, pending }) => [
    sha256.slice(0, 2),
    active ? "active" : "replaced",
    enriched,
    pending,
  ]);
}

test("what is captured is queued for the annotator at work, and for no other", async ({
  world,
}) => {
  const { connection } = world;
  await capture(connection, sentences(10));
  await annotateAll(world, first);
  await annotateAll(world, second);
  await capture(connection, sentences(5, "plus tard"));
  const queued =
    "SELECT encode(sha256, 'hex') AS sha256 FROM intendant.pending JOIN intendant.annotators ON id = annotator_id";
  const { rows } = await connection.query<{ sha256: string }>(queued);
  assert.equal(
    rows,
    Array.from({ length: 5 }, () => ({ sha256: second })),
  );
});

test("the server tells what is left to do, also of what is not in the queue", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(10));
  const registration = await register(connection, captured, { sha256: first, labels: ["a", "b"] });
  assert.equal(await figures(world), [["11", "active", 0, 10]]);
  await backfill(connection, registration);
  assert.equal(await figures(world), [["11", "active", 0, 10]]);
  await annotateAll(world, first);
  assert.equal(await figures(world), [["11", "active", 9, 0]]);
  await annotateAll(world, second);
  await capture(connection, sentences(5, "plus tard"));
  // If it came back, these would be what it has not seen.
  assert.equal(await figures(world), [
    ["11", "replaced", 9, 5],
    ["22", "active", 9, 5],
  ]);
});

test("the retention takes along what was annotated, refused and pending", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(30));
  await annotateAll(world, first);
  await capture(connection, sentences(5, "plus tard"));
  const old = [...sentences(21), ...sentences(2, "plus tard")];
  await connection.query(
    "UPDATE intendant.examples SET last_seen = now() - interval '2 hours' WHERE sentence = ANY ($1)",
    [old],
  );
  assert.is((await deleteSome(connection, 1, 3600)).examples, 23);
  const found = await account(connection);
  assert.equal([found.examples, found.annotations, found.refusals, found.pending], [12, 8, 1, 3]);
  assert.equal(found.counted, [{ enriched: 8, refused: 1, pending: 3 }]);
});

test.run();
