import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as assert from "uvu/assert";
import { exitCodes, type Reason } from "../../../server/src/contract/enrich.ts";
import type { Problem } from "../../../server/src/contract/problem.ts";
import type { Environment } from "../../../server/src/process/environment.ts";
import { linear } from "../../../tools/support/models.ts";
import { suite } from "../../support/suite.ts";
import {
  account,
  capture,
  createQueueDatabase,
  sentences,
  workerProcess,
  type WorkerProcess,
  type QueueDatabase,
} from "../../../tools/support/annotation-queue.ts";

const folders: string[] = [];
const test = suite<{ world: QueueDatabase }>("enrich as a process", 120_000);

test.before(async (context) => {
  context.world = await createQueueDatabase();
  await context.world.postgres.query("CREATE ROLE stranger LOGIN PASSWORD 'strange'");
});
test.before.each(async ({ world }) => world.empty());
test.after(async ({ world }) => {
  await world.end();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

test("ends with 0 when nothing is pending any more", async ({ world }) => {
  await capture(world.connection, sentences(1000));
  const worker = workerProcess(world.postgres, { BATCH_SIZE: "400", LOG_LEVEL: "info" });
  assert.is(await worker.ended(), 0);
  assert.equal(JSON.parse(worker.words()), { enriched: 1000, refused: 0 });
  assert.equal(
    worker.log.map(({ msg }) => msg),
    ["Annotating", "Nothing is pending"],
  );
  assert.equal([worker.log[1]?.["enriched"], worker.log[1]?.["refused"]], [1000, 0]);
});

test("ends with 143 when told to, and keeps or gives back every row", async ({ world }) => {
  await capture(world.connection, sentences(20_000));
  const worker = workerProcess(world.postgres, { BATCH_SIZE: "20000" });
  // In the middle of its only batch.
  await inTransaction(world, worker);
  worker.kill("SIGTERM");
  worker.kill("SIGCONT");
  assert.is(await worker.ended(), 143);
  const found = await account(world.connection);
  assert.is(found.annotations + found.pending, 20_000);
  const { enriched, pending } = found.counted[0]!;
  assert.equal(JSON.parse(worker.words()), { enriched, refused: 0 });
  assert.equal([enriched, pending, found.batches], [found.annotations, found.pending, enriched]);
  assert.ok(found.pending > 0, "the batch was finished first");
});

const failures: [
  title: string,
  environment: (world: QueueDatabase) => Environment,
  code: number,
  RegExp,
][] = [
  ["a setting", () => ({ BATCH_SIZE: "0" }), exitCodes.InvalidSettings, /^BATCH_SIZE is "0"/],
  ["no model", () => ({ MODEL_PATH: "none.onnx" }), exitCodes.ModelUnservable, /no such file/],
  [
    "a model that is no classifier",
    ({ postgres }) => {
      const path = join(postgres.secret, "linear.onnx");
      writeFileSync(path, linear());
      return { MODEL_PATH: path };
    },
    exitCodes.NotAClassifier,
    /an annotator needs task=intent-classification/,
  ],
  [
    "a wrong password",
    ({ postgres }) => ({
      DATABASE_FOLDER: secret(postgres, (uri) => (uri.password = "wrong")),
    }),
    exitCodes.DatabaseRefused,
    /check the user and the password in the URI/,
  ],
  [
    "a role that may not use the schema",
    ({ postgres }) => ({
      DATABASE_FOLDER: secret(postgres, (uri) => {
        uri.username = "stranger";
        uri.password = "strange";
      }),
    }),
    exitCodes.DatabaseRefused,
    /permission denied for schema intendant; give the role the rights/,
  ],
  [
    "no such database",
    ({ postgres }) => ({
      DATABASE_FOLDER: secret(postgres, (uri) => (uri.pathname = "/none")),
    }),
    exitCodes.DatabaseRefused,
    /database "none" does not exist/,
  ],
  [
    "a database that stays away",
    ({ postgres }) => ({
      DATABASE_FOLDER: secret(postgres, (uri) => (uri.port = "1")),
      OUTAGE_SECONDS: "1",
    }),
    exitCodes.DatabaseUnreachable,
    /gave up after 1 seconds, and what is not annotated is still pending/,
  ],
  [
    "a Secret that stays away",
    () => ({ DATABASE_FOLDER: "/nowhere", OUTAGE_SECONDS: "1" }),
    exitCodes.DatabaseUnreachable,
    /^The Secret with the database's URI does not exist/,
  ],
];
for (const [title, environment, code, message] of failures) {
  test(`ends with ${code} and a sentence for ${title}`, async ({ world }) => {
    const worker = workerProcess(world.postgres, environment(world));
    assert.is(await worker.ended(), code, worker.words());
    const problem = JSON.parse(worker.words()) as Problem;
    assert.match(problem.message, message);
    assert.is(exitCodes[problem.reason as Reason], code);
    assert.not.match(worker.words(), /\\n|p@ss|p%40ss/);
  });
}

test("needs no more memory for a batch of large sentences", async ({ world }) => {
  const megabyte = "une phrase de vingt. ".repeat(49_000);
  await capture(world.connection, sentences(24, megabyte));
  const worker = workerProcess(world.postgres, { NODE_OPTIONS: "--max-old-space-size=20" });
  assert.is(await worker.ended(), 0);
  assert.equal((await account(world.connection)).counted, [
    { enriched: 24, refused: 0, pending: 0 },
  ]);
  assert.is(worker.log.filter(({ msg }) => msg === "Annotated a batch").length, 1);
});

test("goes on when the database comes back", async () => {
  const world = await createQueueDatabase();
  const { postgres, connection } = world;
  await capture(connection, sentences(20_000));
  const worker = workerProcess(postgres, { BATCH_SIZE: "1000" });
  await worker.logged("Annotated a batch");
  await postgres.kill();
  await worker.logged("trying again");
  await postgres.start();
  assert.is(await worker.ended(), 0);
  assert.equal(await account(await world.connect()), {
    examples: 20_000,
    annotations: 20_000,
    refusals: 0,
    pending: 0,
    batches: 20_000,
    counted: [{ enriched: 20_000, refused: 0, pending: 0 }],
  });
  await world.end();
});

test("gets its rows taken when it is not heard of, and does not write them afterwards", async ({
  world,
}) => {
  const { postgres, connection } = world;
  await capture(connection, sentences(20_000));
  const vanished = workerProcess(postgres, { BATCH_SIZE: "20000", LOCK_SECONDS: "2" });
  await inTransaction(world, vanished);
  const other = workerProcess(postgres);
  assert.is(await other.ended(), 0);
  assert.is((await account(connection)).annotations, 20_000);
  vanished.kill("SIGCONT");
  assert.is(await vanished.ended(), 0);
  assert.ok(vanished.log.some(({ msg }) => msg.includes("trying again")));
  const found = await account(connection);
  assert.equal([found.annotations, found.batches, found.pending], [20_000, 20_000, 0]);
});

/** Stops a worker while it has written some rows: the database waits for it, in a transaction. */
async function inTransaction({ connection }: QueueDatabase, worker: WorkerProcess): Promise<void> {
  await worker.logged("Annotating");
  for (;;) {
    worker.kill("SIGSTOP");
    // What it had asked for is answered by then, unless the answer is too long to be sent to one who
    // does not listen.
    await pause(20);
    if (await count(connection, "state = 'idle in transaction'")) return;
    worker.kill("SIGCONT");
    // One that is stopped again at once would never get anywhere.
    await pause(5);
  }
}

/** Sessions of workers, with a lock on the queue, of which this holds. */
async function count(connection: QueueDatabase["connection"], condition: string): Promise<boolean> {
  const { rowCount } = await connection.query(
    `SELECT FROM pg_stat_activity AS a WHERE application_name = 'intendant-enrich' AND ${condition}
     AND EXISTS (
       SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND mode = 'RowExclusiveLock'
       AND relation = 'intendant.annotations'::regclass
     )`,
  );
  return rowCount !== 0;
}

/** A folder as pods have it, with something else in the URI. */
function secret({ uri, ca }: QueueDatabase["postgres"], change: (uri: URL) => void): string {
  const folder = mkdtempSync(join(tmpdir(), "intendant-secret-"));
  folders.push(folder);
  const url = new URL(uri);
  change(url);
  writeFileSync(join(folder, "uri"), url.href);
  writeFileSync(join(folder, "ca.crt"), ca);
  return folder;
}

test.run();
