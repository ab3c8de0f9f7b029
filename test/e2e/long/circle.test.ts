import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { readExamples } from "../../../model/src/corpus/corpus.ts";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { runGuide } from "../../../tools/generate/guide.ts";
import { kubeconfigPath, toolPath } from "../../../tools/cluster/programs/tools.ts";
import { ask, command, namespacedSuite, read } from "../world.ts";

const demo = "circle-test";
const test = namespacedSuite("A model that learns from what it is asked", demo, 840_000);

const guide = "docs/guides/improve-a-model";
const work = "dist/improve-a-model";
const kubeconfig = join(tmpdir(), `intendant-circle-${process.pid}.kubeconfig`);

/** What the guide's commands printed. */
let printed = "";
type Counts = Record<string, number>;
const numbers = (pattern: RegExp) =>
  [...printed.matchAll(pattern)].map(([, found]) => Number(found));

test.before(async () => {
  rmSync(work, { recursive: true, force: true });
  // As somebody whose current namespace is the one of this test.
  copyFileSync(kubeconfigPath(), kubeconfig);
  const current = ["--current", `--namespace=${demo}`, "--kubeconfig", kubeconfig];
  await command("kubectl", ["config", "set-context", ...current]);
});

test.after(() => rmSync(kubeconfig, { force: true }));

test("does so by the commands of the guide", async () => {
  const env = { ...process.env, PATH: toolPath(), KUBECONFIG: kubeconfig };
  await runGuide(`${guide}.md`, { env, print: (text) => (printed += text) }).catch((error) => {
    throw new Error(printed.slice(-4000), { cause: error });
  });
});

test("kept each sentence once, and labelled every one of them", () => {
  const lines = readFileSync(`${guide}/traffic.txt`, "utf8").trim().split("\n");
  const [captured, enriched] = printed.match(/^\{"(?:captured|.*"enriched)".*\}$/gm) ?? [];
  const different = new Set(lines).size;
  const { captured: requests, sentences, dropped = 0 } = JSON.parse(captured ?? "") as Counts;
  assert.equal([requests, sentences, dropped], [lines.length, different, 0]);
  const { enriched: labelled, pending = 0 } = JSON.parse(enriched ?? "") as Counts;
  assert.equal([labelled, pending], [different, 0]);
});

test("kept nothing that is nobody's business", () => {
  const exported = readFileSync(`${work}/captured.json`, "utf8");
  assert.not.match(exported + readFileSync(`${work}/review.json`, "utf8"), /jeanne|12 34 56/);
  assert.ok(readExamples(`${work}/captured.json`).length > 24);
});

test("listed for a person what the annotating model was not sure of", () => {
  const listed = readExamples(`${work}/review.json`).map(({ sentence }) => sentence);
  const corrected = readExamples(`${guide}/reviewed.json`).map(({ sentence }) => sentence);
  assert.equal(
    corrected.filter((sentence) => !listed.includes(sentence)),
    [
      "Une trottinette en libre-service, s'il te plaît",
      "Je veux dormir dans une yourte",
      "Un écolodge au calme pour quatre",
    ],
    "the guide says of these three that they were not on the list",
  );
});

test("trained on what a person said of it", () => {
  const exported = new Map(
    readExamples(`${work}/captured.json`).map(({ sentence, intent }) => [sentence, intent]),
  );
  for (const { sentence, intent } of readExamples(`${guide}/reviewed.json`)) {
    assert.is(exported.get(sentence), intent, sentence);
  }
});

test("is better at sentences of the kind that it had not known", () => {
  const [before = 1, after = 0] = numbers(/^\d+ sentences: accuracy ([\d.]+)/gm);
  assert.ok(before < 0.5, `${before} before`);
  assert.ok(after > 0.7, `${after} after`);
});

test("serves since it kept the promise, and answers as the person said", async () => {
  const { spec, status } = (await read<ModelDeployment>("mdep", demo, "intent-fr"))!;
  const sha256 = createHash("sha256")
    .update(readFileSync(`${work}/next.onnx`))
    .digest("hex");
  assert.is(spec.model.sha256, sha256);
  assert.is(status?.serving?.sha256, sha256);
  assert.is(status?.benchmark?.sha256, sha256, "it was measured before it got the traffic");
  for (const { sentence, intent } of readExamples(`${guide}/reviewed.json`)) {
    const path = `/api/intent?sentence=${encodeURIComponent(sentence)}`;
    const answers = await ask<{ intent: string; probability: number }[]>(demo, "intent-fr", path);
    const [best] = answers.sort((a, b) => b.probability - a.probability);
    assert.is(best?.intent, intent, sentence);
  }
});

test.run();
