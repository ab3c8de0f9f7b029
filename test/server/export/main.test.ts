import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as assert from "uvu/assert";
import { readExamples } from "../../../model/src/corpus/corpus.ts";
import type { Connection } from "../../../server/src/database/connection.ts";
import { suite } from "../../support/suite.ts";
import {
  capture,
  captured,
  createQueueDatabase,
  sentences,
  type QueueDatabase,
} from "../../../tools/support/annotation-queue.ts";

const test = suite<{ world: QueueDatabase }>("export as a process", 60_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-export-"));

test.before(async (context) => void (context.world = await createQueueDatabase()));
test.before.each(async ({ world }) => world.empty());
test.after(async ({ world }) => {
  await world.end();
  rmSync(folder, { recursive: true });
});

/** Runs it to its end. */
async function run({ postgres }: QueueDatabase, args: string[], input = "", node: string[] = []) {
  const child = spawn(process.execPath, [...node, "server/src/export/main.ts", ...args], {
    env: { CAPTURE_MODEL: captured, DATABASE_FOLDER: postgres.secret },
  });
  child.stdin.end(input);
  const closed = once(child, "close");
  const [output, words] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number];
  return { code, output, words };
}

/** Annotates as a worker does: label and probability by sentence. */
async function annotate(
  { connection }: QueueDatabase,
  annotations: Record<string, [label: string, probability: number]>,
  { sha256 = "ab".repeat(32), active = true } = {},
): Promise<void> {
  await connection.query(
    `WITH annotator AS (
       INSERT INTO intendant.annotators (model_id, sha256, labels, active)
       SELECT id, decode($2, 'hex'), '{hotel,train}', $3 FROM intendant.models WHERE name = $1
       RETURNING id
     )
     INSERT INTO intendant.annotations (annotator_id, example_id, label, probability, probabilities)
     SELECT annotator.id, e.id, value ->> 0, (value ->> 1)::real, '{}'
     FROM annotator, jsonb_each($4) JOIN intendant.examples AS e ON e.sentence = key`,
    [captured, sha256, active, annotations],
  );
}

/** What is captured at once has no order, so one after the other. */
async function captureInTurn(connection: Connection, sentences: string[]): Promise<void> {
  for (const sentence of sentences) await capture(connection, [sentence]);
}

test("writes what the trainer reads: sure or reviewed sentences, in order", async ({ world }) => {
  await captureInTurn(world.connection, [
    "un hôtel",
    "un train",
    '"l\'été" \\ 😀',
    "peut-être",
    "rien",
  ]);
  await annotate(world, {
    "un hôtel": ["hotel", 0.95],
    "un train": ["train", 0.9],
    '"l\'été" \\ 😀': ["hotel", 0.99],
    "peut-être": ["hotel", 0.6],
  });
  const { code, output, words } = await run(world, []);
  assert.equal([code, words], [0, "Wrote 3 sentences\n"]);
  const file = join(folder, "labelled.json");
  writeFileSync(file, output);
  assert.equal(readExamples(file), [
    { intent: "hotel", sentence: "un hôtel" },
    { intent: "train", sentence: "un train" },
    { intent: "hotel", sentence: '"l\'été" \\ 😀' },
  ]);
});

test("lets a person have the last word", async ({ world }) => {
  await captureInTurn(world.connection, ["un hôtel", "un train", "peut-être", "rien"]);
  await annotate(world, { "un hôtel": ["train", 0.99], "un train": ["train", 0.99] });
  const reviewed = JSON.stringify([
    { intent: "train", sentence: "un hôtel" },
    { intent: "hotel", sentence: "un hôtel" },
    { intent: "bus", sentence: "rien", probability: 0.1 },
    { intent: "hotel", sentence: "was never asked" },
  ]);
  const imported = await run(world, ["import", "-"], reviewed);
  assert.equal(imported, {
    code: 0,
    output: "",
    words:
      "Wrote the labels of 2 sentences\n" +
      '1 sentences are not in the database, the first one is "was never asked"; write them as the export does\n' +
      'No annotator has the label "bus", which 1 sentences have now\n',
  });
  const all = await run(world, []);
  assert.equal(JSON.parse(all.output), [
    { intent: "hotel", sentence: "un hôtel" },
    { intent: "train", sentence: "un train" },
    { intent: "bus", sentence: "rien" },
  ]);
  const own = await run(world, ["--reviewed-only", "--rename", "bus=train"]);
  assert.equal(JSON.parse(own.output), [
    { intent: "hotel", sentence: "un hôtel" },
    { intent: "train", sentence: "rien" },
  ]);
});

test("limits what it takes of a label: reviewed ones, then the surest", async ({ world }) => {
  await captureInTurn(world.connection, ["a", "b", "c", "d", "e"]);
  await annotate(world, {
    a: ["hotel", 0.91],
    b: ["hotel", 0.99],
    c: ["hotel", 0.95],
    d: ["train", 0.92],
  });
  await run(world, ["import", "-"], '[{"intent":"hotel","sentence":"e"}]');
  const { output } = await run(world, ["--limit-per-label", "2"]);
  const found = (JSON.parse(output) as { sentence: string }[]).map(({ sentence }) => sentence);
  assert.equal(found, ["b", "d", "e"]);
});

test("takes the annotator at work, or the one that is named", async ({ world }) => {
  await capture(world.connection, ["a"]);
  const old = { sha256: "11".repeat(32), active: false };
  await annotate(world, { a: ["hotel", 1] }, old);
  await annotate(world, { a: ["train", 1] }, { sha256: "12".repeat(32) });
  assert.match((await run(world, [])).output, '"train"');
  assert.match((await run(world, ["--annotator", "11"])).output, '"hotel"');
  const unclear = await run(world, ["--annotator", "1"]);
  assert.equal([unclear.code, unclear.output], [1, ""]);
  assert.match(
    unclear.words,
    /^More than one annotator of demo\/intent-fr begins with 1; there are/,
  );
  assert.match((await run(world, ["--annotator", "2"])).words, /^No annotator of /);
});

test("shows what is worth a look: contradictions by how often, then reviewItems", async ({
  world,
}) => {
  const { connection } = world;
  await capture(connection, ["sure", "unsure", "rarely", "often", "less sure", "done"]);
  await annotate(world, {
    sure: ["hotel", 0.99],
    unsure: ["hotel", 0.55],
    rarely: ["hotel", 0.99],
    often: ["hotel", 0.97],
    "less sure": ["train", 0.5],
    done: ["train", 0.5],
  });
  await connection.query("UPDATE intendant.examples SET seen = 9 WHERE sentence = 'often'");
  await connection.query(
    `INSERT INTO intendant.requests (model_id, example_id, model_sha256, at, answer)
     SELECT model_id, id, 'x', now(),
       jsonb_build_object('label', CASE WHEN sentence IN ('rarely', 'often') THEN 'train' ELSE 'hotel' END)
     FROM intendant.examples WHERE sentence IN ('sure', 'rarely', 'often')`,
  );
  await run(world, ["import", "-"], '[{"intent":"hotel","sentence":"done"}]');
  const { output } = await run(world, ["review"]);
  assert.equal(JSON.parse(output), [
    { intent: "hotel", sentence: "often", probability: 0.97, served: "train", seen: 9 },
    { intent: "hotel", sentence: "rarely", probability: 0.99, served: "train", seen: 1 },
    { intent: "train", sentence: "less sure", probability: 0.5, served: null, seen: 1 },
    { intent: "hotel", sentence: "unsure", probability: 0.55, served: null, seen: 1 },
  ]);
  const more = JSON.parse((await run(world, ["review", "--below", "0.999"])).output) as object[];
  assert.equal(more.at(-1), {
    intent: "hotel",
    sentence: "sure",
    probability: 0.99,
    served: "hotel",
    seen: 1,
  });
  assert.is(more.length, 5);
  // What it writes can be edited and given back as it is.
  assert.match((await run(world, ["import", "-"], output)).words, "labels of 4 sentences");
  assert.is((await run(world, ["review"])).output, "[]\n");
});

test("writes many without keeping them in memory", async ({ world }) => {
  const { connection } = world;
  await capture(connection, sentences(60_000, "mot ".repeat(100)));
  await connection.query("UPDATE intendant.examples SET reviewed_label = 'hotel'");
  const { code, output } = await run(world, ["--reviewed-only"], "", ["--max-old-space-size=24"]);
  assert.is(code, 0);
  const found = JSON.parse(output) as { sentence: string }[];
  assert.equal(
    [found.length, new Set(found.map(({ sentence }) => sentence)).size],
    [60_000, 60_000],
  );
});

const refused: [title: string, args: string[], input: string, message: RegExp][] = [
  ["what is no JSON", ["import", "-"], "label;sentence", /^This is not JSON; give a JSON array/],
  ["what is no list", ["import", "-"], "{}", /^This is not a list; give a JSON array/],
  ["an item without label", ["import", "-"], '[{"sentence":"a"}]', /^Item 0 is \{"sentence":"a"\}/],
  [
    "a text that cannot be stored",
    ["import", "-"],
    '[{"intent":"a\\u0000","sentence":"a"}]',
    /^Item 0/,
  ],
  ["a file that is not there", ["import", "none.json"], "", /no such file.*none\.json/],
  ["another model", ["--model", "a/b"], "", /^Nothing of a\/b was captured; the database has demo/],
];
for (const [title, args, input, message] of refused) {
  test(`ends with 1 and a sentence for ${title}`, async ({ world }) => {
    await capture(world.connection, ["a"]);
    const { code, output, words } = await run(world, args, input);
    assert.equal([code, output], [1, ""]);
    assert.match(words, message);
  });
}

test("ends with 2 and how to call it when it does not understand", async ({ world }) => {
  const { code, output, words } = await run(world, ["everything"]);
  assert.equal([code, output], [2, ""]);
  assert.match(words, /^"everything" is not a command.*\nUsage: node export\.js/);
});

test.run();
