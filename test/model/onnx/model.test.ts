import * as assert from "uvu/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEvaluator } from "../../../model/src/evaluate.ts";
import { graph } from "../../../model/src/onnx/graph.ts";
import { readMetadata } from "../../../model/src/onnx/metadata.ts";
import { encode } from "../../../model/src/onnx/model.ts";
import { integer, integers, text } from "../../../model/src/onnx/protobuf.ts";
import { fit, scores, shippedSettings } from "../../../model/src/train/fit.ts";
import { softmax } from "../../../model/src/train/temperature.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the ONNX writer", 60_000);
const small = [
  ["vol", "un vol pour Rome"],
  ["vol", "des billets d'avion pour Nice"],
  ["vol", "un avion demain, pas cher"],
  ["vol", "vol Paris Rome"],
  ["train", "un train pour Rennes"],
  ["train", "des billets de train pour Nice"],
  ["train", "un TGV demain, pas cher"],
  ["train", "train Paris Rennes, Paris Rennes, Paris Rennes"],
].map(([intent, sentence]) => ({ intent: intent!, sentence: sentence! }));

test("encodes as the protocol buffers documentation does", () => {
  assert.equal([...integer(1, 150)], [0x08, 0x96, 0x01]);
  assert.equal([...integer(1, -1)], [0x08, ...Array.from({ length: 9 }, () => 0xff), 0x01]);
  assert.equal([...text(2, "testing")], [0x12, 0x07, ...Buffer.from("testing")]);
  assert.equal([...integers(6, [3, 270, 86942])], [0x32, 6, 3, 0x8e, 2, 0x9e, 0xa7, 5]);
});

test("writes a graph that computes what the trainer computes", async () => {
  const classifier = fit(small, ["vol", "train"], { ...shippedSettings, once: 5, shared: 20 });
  const evaluator = await createEvaluator(encode(graph(classifier, ["fr-FR"])));
  const sentences = [
    ...small.map(({ sentence }) => sentence),
    "",
    "UN TRÊS   GRAND train-train, à 25€ ???",
    "𝕋train 😀 pour\tNîmes\n",
    "  un\u00a0\u3000vol\t\t pour  ",
    "où ?".normalize("NFD"),
    "ийи 한국 が\ufe0f".normalize("NFD"),
    "\u0085\u007f\u00ad\u200b\u0300 Thề \u2028 ﬁn",
    "שלום عالم",
    "train ".repeat(300),
  ];
  const { probabilities } = await evaluator.run(sentences);
  sentences.forEach((sentence, index) => {
    const expected = softmax(scores(classifier, sentence));
    for (let k = 0; k < 2; k++) {
      assert.ok(Math.abs(probabilities[index * 2 + k]! - expected[k]!) < 1e-4, sentence);
    }
  });
  await evaluator.close();
});

test("gives the same bytes for the same sentences, and a file that tells its labels", () => {
  const bytes = () => encode(graph(fit(small, ["vol", "train"], shippedSettings), ["fr-FR"]));
  assert.equal(bytes(), bytes());
  assert.equal(readMetadata(bytes()), {
    task: "intent-classification",
    labels: '["vol","train"]',
    languages: '["fr-FR"]',
  });
});

test("reads the metadata of the model that ships", () => {
  const file = join(import.meta.dirname, "../../../model/intent-fr.onnx");
  assert.is(readMetadata(readFileSync(file)).task, "intent-classification");
});

test.run();
