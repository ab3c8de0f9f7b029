import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { readMetadata } from "../../model/src/onnx/metadata.ts";
import { suite } from "../support/suite.ts";

const test = suite("model as a process", 60_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-train-"));
const output = join(folder, "own.onnx");

test.after(() => rmSync(folder, { recursive: true }));

/** Runs the trainer to its end, or until it has said something. */
async function run(args: string[], until?: RegExp) {
  return new Promise<{ code: unknown; output: string; words: string }>((resolve) => {
    const script = ["model/src/main.ts", ...args];
    const child = execFile(process.execPath, script, (error, output, words) =>
      resolve({ code: error ? error.code : 0, output, words }),
    );
    child.stdout?.on("data", (text: string) => {
      if (until?.test(text)) child.kill();
    });
  });
}

function data(name: string, labels: string[]): string {
  const file = join(folder, name);
  const items = Array.from({ length: 60 }, (_, index) => {
    const intent = labels[index % labels.length];
    return { intent, sentence: `${name} ${intent} numéro ${index} ${"abcdefghij"[index % 10]}` };
  });
  writeFileSync(file, JSON.stringify(items));
  return file;
}

test("trains on several files at once", async () => {
  const files = [data("un.json", ["find-train", "bus"]), data("deux.json", ["bateau"])];
  const args = files.flatMap((file) => ["--data", file]);
  const { code, output: lines, words } = await run(["train", ...args, "--output", output]);
  assert.equal([code, words], [0, ""]);
  assert.match(lines, "Training on 120 sentences with 3 labels");
  const labels = JSON.parse(readMetadata(readFileSync(output)).labels ?? "[]");
  assert.equal(labels, ["find-train", "bateau", "bus"]);
});

test("does not overwrite the shipped model with one that is trained on other sentences", async () => {
  const { code, words } = await run(["train", "--corpus", "--data", data("a.json", ["a", "b"])]);
  assert.is(code, 1);
  assert.match(words, "--output FILE.onnx");
});

test("adds the corpus, and says which labels it does not have", async () => {
  const args = ["train", "--data", data("c.json", ["bus"]), "--corpus", "--output", output];
  const training = /Training on 26\d{3} sentences with 9 labels/;
  const { output: lines, words } = await run(args, training);
  assert.match(lines, training);
  assert.is(words, 'The corpus does not have the label "bus": 60 sentences\n');
});

test.run();
