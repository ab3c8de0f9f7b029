import * as assert from "uvu/assert";
import { readdirSync, readFileSync, writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  readCorpus,
  readExamples,
  readLines,
  readManifest,
  readSlots,
} from "../../../model/src/corpus/corpus.ts";
import { normalize } from "../../../model/src/features/alphabet.ts";
import { suite } from "../../support/suite.ts";

const folder = join(import.meta.dirname, "../../../model/corpus");
const test = suite("the corpus", 60_000);
const examples = readCorpus(folder);
const manifest = readManifest(folder);
const labels = Object.keys(manifest.labels);

test("has at least 6,000 sentences, about half to two thirds of them irrelevant", () => {
  const irrelevant = examples.filter(({ intent }) => intent === "irrelevant").length;
  assert.ok(examples.length >= 6000);
  const share = irrelevant / examples.length;
  assert.ok(share > 0.5 && share < 0.67, `${share}`);
});

test("has a file for every label, and at least 400 sentences in each", () => {
  for (const label of labels) {
    const count = examples.filter(({ intent }) => intent === label).length;
    assert.ok(count >= 400, `${label}: ${count}`);
  }
});

test("gives the same sentences every time", () => {
  assert.equal(readCorpus(folder), examples);
});

test("has no sentence twice", () => {
  const sentences = examples.map(({ sentence }) => sentence.toLowerCase());
  assert.is(new Set(sentences).size, sentences.length);
});

test("has no line twice in a file", () => {
  for (const label of labels) {
    const lines = readLines(join(folder, `${label}.txt`));
    const twice = lines.filter((line, index) => lines.indexOf(line) !== index);
    assert.equal(twice, [], label);
  }
});

test("has no sentence under two labels that differs in accents, case or punctuation only", () => {
  const seen = new Map<string, string>();
  const clashes: string[] = [];
  for (const { intent, sentence } of examples) {
    const key = normalize(sentence).replaceAll(/ +/g, " ");
    const other = seen.get(key);
    if (other && other !== intent) clashes.push(`${other} and ${intent}: ${sentence}`);
    seen.set(key, intent);
  }
  assert.equal(clashes, []);
});

test("has no template under two labels", () => {
  const seen = new Map<string, string>();
  const clashes: string[] = [];
  for (const label of labels) {
    for (const line of readLines(join(folder, `${label}.txt`))) {
      const key = normalize(line).replaceAll(/ +/g, " ");
      const other = seen.get(key);
      if (line.includes(" ") && other && other !== label)
        clashes.push(`${other}, ${label}: ${line}`);
      seen.set(key, label);
    }
  }
  assert.equal(clashes, []);
});

test("is clean UTF-8 in composed form, without stray characters", () => {
  const files = [...labels.map((label) => `${label}.txt`), ...slotFiles()];
  for (const file of files) {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(join(folder, file)));
    assert.is(text, text.normalize("NFC"), `${file} is not composed`);
    assert.not.match(
      text,
      /\uFFFD|[ÃÂ][\u0080-\u00BF]|\t|\r|\u00A0/,
      `${file} has a stray character`,
    );
  }
});

test("uses every slot list, and leaves no slot unfilled", () => {
  const lines = [
    ...labels.flatMap((label) => readLines(join(folder, `${label}.txt`))),
    ...[...readSlots(folder).values()].flat(),
  ].join("\n");
  const unused = [...readSlots(folder).keys()].filter((slot) => !lines.includes(`{${slot}}`));
  assert.equal(
    unused.filter((slot) => !["salut", "merci", "contexte", "suite"].includes(slot)),
    [],
  );
  assert.equal(
    examples.filter(({ sentence }) => /[{}]/.test(sentence)),
    [],
  );
});

test("says more around requests than around the rest, and names the line of each sentence", () => {
  const words = (intent: string) => {
    const own = examples.filter((example) => example.intent === intent);
    return own.reduce((sum, { sentence }) => sum + sentence.split(" ").length, 0) / own.length;
  };
  assert.ok(words("purchase") > words("irrelevant") + 2);
  const lines = new Set(labels.flatMap((label) => readLines(join(folder, `${label}.txt`))));
  assert.ok(examples.every(({ line }) => lines.has(line ?? "")));
});

test("says what is wrong with sentences of one's own", () => {
  const file = join(mkdtempSync(join(tmpdir(), "corpus-")), "own.json");
  writeFileSync(file, "{");
  assert.throws(() => readExamples(file), /is not JSON; give a JSON array/);
  writeFileSync(file, "[]");
  assert.throws(() => readExamples(file), /has no list/);
  writeFileSync(file, '[{"intent": "a", "sentence": "b"}, {"intent": 3}]');
  assert.throws(() => readExamples(file), /Item 1 of .* is \{"intent":3\}/);
  writeFileSync(file, '[{"intent": "a", "sentence": "b", "more": 1}]');
  assert.equal(readExamples(file), [{ intent: "a", sentence: "b" }]);
});

function slotFiles(): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^slots.*\.txt$/.test(file),
  );
}

test.run();
