import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { annotate, loadAnnotator, type Classify } from "../../../server/src/enrich/annotator.ts";
import { InvalidInput } from "../../../server/src/process/errors.ts";
import { WorkerError } from "../../../server/src/enrich/error.ts";
import { intents, linear } from "../../../tools/support/models.ts";
import { suite } from "../../support/suite.ts";

const test = suite("enrich/annotator", 30_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-annotator-"));
const path = "model/intent-fr.onnx";

test.after(() => rmSync(folder, { recursive: true }));

/** Refuses every run in which one of some sentences is. */
function choosy(refused: string[]): { classify: Classify; runs: () => number } {
  let runs = 0;
  const classify: Classify = async (sentences) => {
    runs++;
    const found = sentences.find((sentence) => refused.includes(sentence));
    if (found) throw new InvalidInput(`The model does not take ${found}`);
    return sentences.map((sentence) => Float32Array.of(sentence.length, 1));
  };
  return { classify, runs: () => runs };
}

test("answers each sentence as it answers it alone", async () => {
  const annotator = await loadAnnotator({ path, sha256: undefined });
  const sentences = ["un hôtel à Nice", "un train pour Lyon", "bonjour"];
  const together = await annotator.annotate(sentences);
  assert.is(annotator.labels.length, 8);
  for (const [index, sentence] of sentences.entries()) {
    assert.equal([together[index]], await annotator.annotate([sentence]));
  }
  await annotator.close();
});

test("runs once when no sentence is refused", async () => {
  const { classify, runs } = choosy([]);
  const sentences = Array.from({ length: 512 }, (_, index) => `s${index}`);
  assert.is((await annotate(classify, sentences)).length, 512);
  assert.is(runs(), 1);
});

test("finds the sentences that are refused, and answers all others", async () => {
  const { classify, runs } = choosy(["s7", "s300"]);
  const sentences = Array.from({ length: 512 }, (_, index) => `s${index}`);
  const answers = await annotate(classify, sentences);
  const refused = answers.flatMap((answer, index) => ("refusal" in answer ? [index] : []));
  assert.equal(refused, [7, 300]);
  assert.equal(answers[7], { refusal: "The model does not take s7" });
  assert.equal(answers[8], { probabilities: Float32Array.of(2, 1) });
  assert.ok(runs() < 50, `${runs()} runs`);
});

test("takes what is no number for no answer", async () => {
  const answers = await annotate(async () => [Float32Array.of(NaN, 1)], ["s"]);
  assert.equal(answers, [
    { refusal: "The model answers this sentence with a value that is not a number" },
  ]);
});

test("does not blame sentences for what else goes wrong", async () => {
  let message = "";
  const broken: Classify = async () => Promise.reject(new Error("no memory"));
  await annotate(broken, ["a", "b"]).catch((error: Error) => (message = error.message));
  assert.is(message, "no memory");
});

const unusable: [title: string, file: () => string, sha256: string, expected: [string, RegExp]][] =
  [
    [
      "a file that is not there",
      () => join(folder, "none.onnx"),
      "",
      ["ModelUnservable", /^Could not read the model .*there is no such file$/],
    ],
    [
      "another digest",
      () => path,
      "0".repeat(64),
      ["ModelUnservable", /, expected 0{64}; correct spec\.enrichment\.model\.sha256 or the file$/],
    ],
    [
      "what is no model",
      () => written("text.onnx", Buffer.from("no model")),
      "",
      ["ModelUnservable", /is not a model that ONNX Runtime loads: /],
    ],
    [
      "a model that is no classifier of texts",
      () => written("linear.onnx", linear()),
      "",
      ["NotAClassifier", /cannot annotate: it names no task .* needs task=intent-classification/],
    ],
    [
      "labels that cannot be kept",
      () => {
        const labels = JSON.stringify(["a", "b", "c\0"]);
        const metadata = { task: "intent-classification", labels, languages: "[]" };
        return written("labels.onnx", intents({ metadata }));
      },
      "",
      ["NotAClassifier", /cannot annotate\. Its labels have the character U\+0000/],
    ],
  ];
for (const [title, file, sha256, [reason, message]] of unusable) {
  test(`ends with a sentence for ${title}`, async () => {
    let failure: unknown;
    await loadAnnotator({ path: file(), sha256: sha256 || undefined }).catch(
      (error: unknown) => (failure = error),
    );
    assert.instance(failure, WorkerError);
    assert.is((failure as WorkerError).reason, reason);
    assert.match((failure as WorkerError).message, message);
  });
}

function written(name: string, bytes: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

test.run();
