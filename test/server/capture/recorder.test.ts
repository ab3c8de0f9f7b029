import { hash } from "node:crypto";
import * as assert from "uvu/assert";
import { deleteSome } from "../../../server/src/capture/delete-some.ts";
import { Recorder } from "../../../server/src/capture/recorder.ts";
import type { Row } from "../../../server/src/capture/rows.ts";
import { writeRows } from "../../../server/src/capture/write-rows.ts";
import { connect, type Connection } from "../../../server/src/database/connection.ts";
import { modelLocks } from "../../../server/src/database/locks.ts";
import { migrate } from "../../../server/src/database/migrations.ts";
import { findOrCreateModel } from "../../../server/src/database/models.ts";
import { readDatabaseSettings } from "../../../server/src/database/settings.ts";
import { createPostgres, type Postgres } from "../../../tools/support/postgres.ts";
import { suite } from "../../support/suite.ts";

const test = suite("recorder", 60_000);

const hour = 3600;
let postgres: Postgres;
let connection: Connection;
let models = 0;

test.before(async () => {
  postgres = await createPostgres();
  connection = await open();
  await migrate(connection);
});

test.after(async () => {
  await connection.end();
  await postgres.end();
});

const open = async () => connect(await readDatabaseSettings(postgres.secret), { as: "test" });

/** A row as if a sentence had come so many hours ago. */
function row(sentence: string, hours = 0): Row {
  const at = Date.now() - 1000 * hour * hours;
  const sha256 = hash("sha256", sentence, "hex");
  return { sha256, sentence, inputs: null, answer: "{}", at, microseconds: 1 };
}

const writer = crypto.randomUUID();
const modelSha256 = "ab".repeat(32);
let batches = 0;

async function write(model: number, rows: Row[], number = ++batches): Promise<void> {
  await writeRows(connection, { modelId: model, modelSha256, writer, number, rows });
}

const aModel = async () => findOrCreateModel(connection, `demo/recorder-${models++}`);

interface Counts {
  captured: string;
  examples: string;
  requests: string;
  kept: string[];
}

async function counts(model: number): Promise<Counts | undefined> {
  const sql = `
    SELECT captured, examples, (SELECT count(*) FROM intendant.requests WHERE model_id = $1) AS requests,
      ARRAY(SELECT sentence FROM intendant.examples WHERE model_id = $1 ORDER BY 1) AS kept
    FROM intendant.models WHERE id = $1`;
  const [found] = await postgres.query<Counts & Record<string, unknown>>(sql, [model]);
  return found && { ...found };
}

test("a batch that comes again is not written again", async () => {
  const model = await aModel();
  const number = ++batches;
  await write(model, [row("un"), row("deux")], number);
  await write(model, [row("un"), row("deux")], number);
  const once = { captured: "2", examples: "2", requests: "2", kept: ["deux", "un"] };
  assert.equal(await counts(model), once);
  await write(model, [row("un")]);
  assert.equal(await counts(model), { ...once, captured: "3", requests: "3" });
});

test("servers that write the same sentences at once neither wait for each other nor miscount", async () => {
  const name = `demo/recorder-${models++}`;
  const told: string[] = [];
  const recorders = Array.from(
    { length: 4 },
    () =>
      new Recorder({
        model: name,
        databaseFolder: postgres.secret,
        state: (state) => void told.push(state),
        warn: () => undefined,
      }),
  );
  const sentences = Array.from({ length: 200 }, (_, index) => row(`phrase ${index}`));
  for (let turn = 0; turn < 5; turn++) {
    await Promise.all(
      recorders.map(async (recorder, index) => {
        const rows = index % 2 === 0 ? sentences : sentences.toReversed();
        assert.equal(await recorder.write({ modelSha256, rows }), {});
      }),
    );
  }
  assert.equal(await recorders[0]?.figures(), { captured: 4000, sentences: 200, annotators: [] });
  await Promise.all(recorders.map(async (recorder) => recorder.end()));
  assert.equal(told, ["Connected", "Connected", "Connected", "Connected"]);
  const sql = "SELECT DISTINCT seen FROM intendant.examples WHERE model_id = $1";
  assert.equal(await postgres.query(sql, [await findOrCreateModel(connection, name)]), [
    { seen: "20" },
  ]);
});

test("a row that the database refuses does not take the others with it", async () => {
  const name = `demo/recorder-${models++}`;
  const check = "ALTER TABLE intendant.examples ADD CONSTRAINT odd CHECK (sentence <> 'refusée')";
  await postgres.query(check);
  const options = { model: name, databaseFolder: postgres.secret };
  const recorder = new Recorder({ ...options, state: () => undefined, warn: () => undefined });
  const rows = Array.from({ length: 21 }, (_, index) => row(index === 13 ? "refusée" : `${index}`));
  assert.equal(await recorder.write({ modelSha256, rows }), { refused: 1 });
  assert.is((await recorder.figures())?.captured, 20);
  await recorder.end();
  await postgres.query("ALTER TABLE intendant.examples DROP CONSTRAINT odd");
});

test("an example waits for an annotator that is being added, and is queued for it", async () => {
  const model = await aModel();
  const other = await open();
  await other.query("BEGIN");
  const lock = "SELECT pg_advisory_xact_lock($1, $2)";
  await other.query(lock, [modelLocks.annotators, model]);
  await other.query(addAnnotator, [model, "\\xaa"]);
  const written = write(model, [row("en même temps")]);
  await waiting();
  await other.query("COMMIT");
  await written;
  await other.end();
  const sql = `
    SELECT a.pending, count(*) AS queued FROM intendant.annotators AS a
    JOIN intendant.pending ON annotator_id = a.id WHERE model_id = $1 GROUP BY 1`;
  assert.equal(await postgres.query(sql, [model]), [{ pending: "1", queued: "1" }]);
});

const addAnnotator = `
  INSERT INTO intendant.annotators (model_id, sha256, labels) VALUES ($1, $2, '{a}') RETURNING id`;

/** Resolves when a connection waits for a lock. */
async function waiting(): Promise<void> {
  const sql = "SELECT FROM pg_locks WHERE NOT granted";
  while ((await postgres.query(sql)).length === 0) await new Promise(setImmediate);
}

test("what is too old is deleted with all that was derived from it, and counted", async () => {
  const model = await aModel();
  const [annotator] = await postgres.query<{ id: number }>(addAnnotator, [model, "\\xbb"]);
  const id = annotator?.id;
  await write(model, [row("vieux", 3), row("annoté", 3), row("revu", 3), row("neuf", 1)]);
  await write(model, [row("revu", 0)]);
  const annotate = `
    WITH done AS (
      DELETE FROM intendant.pending USING intendant.examples AS e
      WHERE example_id = e.id AND annotator_id = $1 AND sentence = 'annoté' RETURNING example_id)
    INSERT INTO intendant.annotations (annotator_id, example_id, label, probability, probabilities)
    SELECT $1, example_id, 'a', 1, '{1}' FROM done`;
  await postgres.query(annotate, [id]);
  const count = "UPDATE intendant.annotators SET pending = 3, enriched = 1 WHERE id = $1";
  await postgres.query(count, [id]);

  assert.equal(await deleteSome(connection, model, 2 * hour), {
    requests: 3,
    examples: 2,
    isMore: true,
  });
  const { isMore } = await deleteSome(connection, model, 2 * hour);
  assert.not.ok(isMore);
  assert.equal(await counts(model), {
    captured: "5",
    examples: "2",
    requests: "2",
    kept: ["neuf", "revu"],
  });
  const left = `
    SELECT pending, enriched, (SELECT count(*) FROM intendant.pending WHERE annotator_id = $1) AS queued,
      (SELECT count(*) FROM intendant.annotations WHERE annotator_id = $1) AS annotated
    FROM intendant.annotators WHERE id = $1`;
  const none = { pending: "2", enriched: "0", queued: "2", annotated: "0" };
  assert.equal(await postgres.query(left, [id]), [none]);
});

test("what is being annotated is left until the next time, and nobody waits", async () => {
  const model = await aModel();
  await postgres.query(addAnnotator, [model, "\\xcc"]);
  await write(model, [row("en cours", 3), row("libre", 3)]);
  const worker = await open();
  await worker.query("BEGIN");
  const take = `
    DELETE FROM intendant.pending USING intendant.examples AS e
    WHERE example_id = e.id AND model_id = $1 AND sentence = 'en cours' RETURNING annotator_id, example_id`;
  const { rows } = await worker.query<{ annotator_id: number; example_id: string }>(take, [model]);
  assert.is((await deleteSome(connection, model, 2 * hour)).examples, 1);
  const add = `
    INSERT INTO intendant.annotations (annotator_id, example_id, label, probability, probabilities)
    VALUES ($1, $2, 'a', 1, '{1}')`;
  await worker.query(add, [rows[0]?.annotator_id, rows[0]?.example_id]);
  await worker.query("COMMIT");
  await worker.end();
  assert.equal((await counts(model))?.kept, ["en cours"]);
  assert.is((await deleteSome(connection, model, 2 * hour)).examples, 1);
  assert.equal((await counts(model))?.kept, []);
});

test("how fast workers were is remembered for a day", async () => {
  const model = await aModel();
  const [annotator] = await postgres.query<{ id: number }>(addAnnotator, [model, "\\xdd"]);
  const add = `
    INSERT INTO intendant.batches (annotator_id, rows, seconds, finished_at)
    SELECT $1, hours, 1, now() - make_interval(hours => hours) FROM unnest('{1, 23, 25}'::integer[]) AS hours`;
  await postgres.query(add, [annotator?.id]);
  await deleteSome(connection, model, hour);
  const left = "SELECT rows FROM intendant.batches WHERE annotator_id = $1 ORDER BY rows";
  assert.equal(await postgres.query(left, [annotator?.id]), [{ rows: 1 }, { rows: 23 }]);
});

test("one server deletes at a time, and writing goes on beside it", async () => {
  const model = await aModel();
  await write(model, [row("vieux", 3)]);
  const other = await open();
  await other.query("BEGIN");
  const lock = "SELECT pg_advisory_xact_lock($1, $2)";
  await other.query(lock, [modelLocks.retention, model]);
  const nothing = { requests: 0, examples: 0, isMore: false };
  assert.equal(await deleteSome(connection, model, hour), nothing);
  await write(model, [row("neuf")]);
  await other.query("COMMIT");
  await other.end();
  assert.is((await deleteSome(connection, model, hour)).examples, 1);
});

test("more than one step takes are deleted in several, also by the recorder", async () => {
  const name = `demo/recorder-${models++}`;
  const model = await findOrCreateModel(connection, name);
  const rows = Array.from({ length: 2500 }, (_, index) => row(`vieux ${index}`, 3));
  await write(model, rows);
  const options = { model: name, databaseFolder: postgres.secret };
  const connected = Promise.withResolvers<void>();
  const state = () => connected.resolve();
  const recorder = new Recorder({ ...options, state, warn: () => undefined });
  await connected.promise;
  assert.equal(await recorder.deleteOld(hour), { requests: 2500, examples: 2500 });
  await recorder.end();
  assert.equal(await counts(model), { captured: "2500", examples: "0", requests: "0", kept: [] });
});

test.run();
