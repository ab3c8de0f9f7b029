import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { readCorpus, readExamples, readManifest } from "../../model/src/corpus/corpus.ts";
import { script } from "../../tools/generate/guide.ts";
import { suite } from "../support/suite.ts";

/** That the commands do what the guide says is shown on the cluster, by test/e2e/long/circle.test.ts. */
const test = suite("The guide to improving a model", 30_000);

const guides = "docs/guides";
const folder = `${guides}/improve-a-model`;
const guide = readFileSync(`${guides}/improve-a-model.md`, "utf8");
const commands = script(guide);
const traffic = readFileSync(`${folder}/traffic.txt`, "utf8").split("\n");
const reviewed = readExamples(`${folder}/reviewed.json`);
const unseen = readExamples(`${folder}/unseen.json`);

test("has commands that a shell can read", () => {
  const { status, stderr } = spawnSync("bash", ["-n"], { input: commands, encoding: "utf8" });
  assert.is(status, 0, stderr);
});

test("names files that are there", () => {
  const linked = [...guide.matchAll(/\]\((?!https:)([^)]+)\)/g)].map(([, path]) => path);
  const run = [...commands.matchAll(/\$guide\/([\w.-]+)/g)].map(([, file]) => `${folder}/${file}`);
  assert.ok(linked.length >= 5 && run.length >= 4);
  for (const path of [...linked.map((path) => `${guides}/${path}`), ...run]) {
    assert.ok(existsSync(path), path);
  }
});

test("has a person look at what was asked, with intents that there are", () => {
  const intents = Object.keys(readManifest("model/corpus").labels);
  for (const { intent, sentence } of [...reviewed, ...unseen]) {
    assert.ok(intents.includes(intent), intent);
    assert.is(
      traffic.includes(sentence),
      reviewed.some((one) => one.sentence === sentence),
    );
  }
  assert.is(reviewed.length, 24, "the guide says how many");
  assert.is(unseen.length, 12, "the guide says how many");
});

test("waits for as many sentences as there are", () => {
  const asked = traffic.filter(Boolean);
  assert.ok(
    guide.includes(
      `The ${asked.length} requests contain ${new Set(asked).size} distinct sentences`,
    ),
  );
  const awaited = [...commands.matchAll(/--for=jsonpath='\{[\w.]+\}'=(\d+)/g)];
  assert.equal(
    awaited.map(([, count]) => Number(count)),
    [new Set(asked).size, new Set(asked).size],
  );
});

test("tries the new model on sentences that are nowhere in the training", () => {
  const trained = new Set(
    [...readCorpus("model/corpus"), ...reviewed].map(({ sentence }) => sentence),
  );
  assert.equal(
    unseen.filter(({ sentence }) => trained.has(sentence)),
    [],
  );
});

test.run();
