import * as assert from "uvu/assert";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readCorpus, readManifest } from "../../model/src/corpus/corpus.ts";
import { randomFrom } from "../../model/src/corpus/random.ts";
import { createEvaluator, type Evaluator } from "../../model/src/evaluate.ts";
import { readMetadata } from "../../model/src/onnx/metadata.ts";
import { shippedSettings } from "../../model/src/train/fit.ts";
import { suite } from "../support/suite.ts";

const test = suite("the model that ships", 600_000);
const folder = join(import.meta.dirname, "../../model");
const file = join(folder, "intent-fr.onnx");
const bytes = readFileSync(file);
const manifest = readManifest(join(folder, "corpus"));
const examples = readCorpus(join(folder, "corpus"));
const random = randomFrom("robustness");
const some = examples.filter((_, index) => index % 18 === 0).map(({ sentence }) => sentence);
let model: Evaluator;

test.before(async () => {
  model = await createEvaluator(file);
});
test.after(() => model.close());

// Whether training gives this file is tested in test/long/model, for it takes two minutes.
test("was trained from the committed corpus with the committed settings", () => {
  const origin = JSON.stringify([examples, manifest, shippedSettings]);
  const card = readFileSync(join(folder, "README.md"), "utf8");
  assert.match(card, sha256(Buffer.from(origin)), "run: make model, and update model/README.md");
});

test("is at most 1 MB and says which labels and languages it knows", () => {
  assert.ok(bytes.length <= 1_000_000, `${bytes.length} bytes`);
  assert.equal(readMetadata(bytes), {
    task: "intent-classification",
    labels: JSON.stringify([
      "purchase",
      "find-restaurant",
      "irrelevant",
      "find-hotel",
      "provide-showtimes",
      "find-around-me",
      "find-train",
      "find-flight",
    ]),
    languages: '["fr-FR"]',
  });
});

test("is described by the model card with its own digest", () => {
  assert.match(readFileSync(join(folder, "README.md"), "utf8"), sha256(bytes));
});

const obvious: Record<string, string> = {
  "Quel temps fera-t-il demain ?": "irrelevant",
  "Merci beaucoup !": "irrelevant",
  "Je voudrais un billet de train pour Rennes vendredi": "find-train",
  "vol Paris New York pas cher": "find-flight",
  "Réserve une chambre d'hôtel à Lille pour deux nuits": "find-hotel",
  "une bonne pizzeria près d'ici ?": "find-restaurant",
  "pharmacie de garde à côté de chez moi": "find-around-me",
  "à quelle heure passe Dune au cinéma ce soir ?": "provide-showtimes",
  "je veux acheter une machine à laver": "purchase",
};
for (const [sentence, label] of Object.entries(obvious)) {
  test(`takes "${sentence}" for ${label}`, async () => {
    assert.equal((await model.run([sentence])).labels, [label]);
  });
}

const disturbances: Record<string, (sentence: string) => string> = {
  "upper case": (sentence) => sentence.toUpperCase(),
  "missing accents": (sentence) => sentence.normalize("NFD").replaceAll(/\p{M}/gu, ""),
  "doubled letters": (sentence) => {
    const letters = [...sentence.matchAll(/\p{L}/gu)].map(({ index }) => index);
    const at = letters[Math.floor(random() * letters.length)] ?? 0;
    return sentence.slice(0, at) + sentence.charAt(at) + sentence.slice(at);
  },
  "an added emoji": (sentence) => `${sentence} 😀`,
  "added punctuation": (sentence) => `« ${sentence} »... !!`,
};
for (const [name, disturb] of Object.entries(disturbances)) {
  test(`changes its mind for fewer than 5 % of sentences with ${name}`, async () => {
    const before = await model.run(some);
    const after = await model.run(some.map(disturb));
    const changed = before.labels.filter((label, index) => label !== after.labels[index]);
    assert.ok(changed.length / some.length < 0.05, `${changed.length} of ${some.length}`);
  });
}

const sameText: Record<string, (sentence: string) => string> = {
  "accents as characters of their own": (sentence) => sentence.normalize("NFD"),
  "wide gaps": (sentence) => `\t ${sentence.replaceAll(" ", " \u00a0 ")} \n`,
  "invisible characters": (sentence) => sentence.replaceAll(/(?<=\p{L})/gu, "\u200b"),
};
for (const [name, disturb] of Object.entries(sameText)) {
  test(`answers exactly the same to sentences with ${name}`, async () => {
    const before = await model.run(some);
    const after = await model.run(some.map(disturb));
    assert.equal(after.labels, before.labels);
    const differences = before.probabilities.map((p, index) =>
      Math.abs(p - after.probabilities[index]!),
    );
    assert.ok(Math.max(...differences) < 1e-5);
  });
}

test("answers the same whether a sentence comes alone or in a batch", async () => {
  const together = await model.run(some.slice(0, 20));
  for (const [index, sentence] of some.slice(0, 20).entries()) {
    const alone = await model.run([sentence]);
    for (let k = 0; k < 8; k++) {
      const difference = alone.probabilities[k]! - together.probabilities[index * 8 + k]!;
      assert.ok(Math.abs(difference) < 1e-5, sentence);
    }
  }
});

test("survives what is no sentence", async () => {
  const strange = [
    "",
    " ",
    "\u0000",
    "\u0002\u0003",
    "a\u0000b",
    "\ud800",
    Buffer.from([0xc3, 0x28, 0xff]).toString("utf8"),
    "\ufeff",
    "שלום עולם",
    "مرحبا",
    "你好",
    "e\u0301\u200d\u202e",
    "👩‍👩‍👧‍👦".repeat(50),
    "x".repeat(10_000),
    "je veux un train ".repeat(700),
  ];
  for (const sentence of strange) {
    const { labels, probabilities } = await model.run([sentence]);
    assert.is(labels.length, 1);
    const sum = probabilities.reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - 1) < 1e-4, JSON.stringify(sentence.slice(0, 20)));
  }
  assert.is((await model.run(strange)).labels.length, strange.length);
});

test("takes 20 random letters, as the original load test sends them, for irrelevant", async () => {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const words = Array.from({ length: 200 }, () =>
    Array.from({ length: 20 }, () => letters[Math.floor(random() * 26)]).join(""),
  );
  const { labels } = await model.run(words);
  const other = labels.filter((label) => label !== "irrelevant");
  assert.ok(other.length <= 2, `${other.length} of 200`);
});

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

test.run();
