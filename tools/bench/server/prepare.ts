import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { checkout } from "../../support/checkout.ts";
import { cachedFolder } from "../../support/cache.ts";
import { run } from "../../support/command.ts";
import { readCorpus } from "../../../model/src/corpus/corpus.ts";
import { createEvaluator } from "../../../model/src/evaluate.ts";
import { readMetadata } from "../../../model/src/onnx/metadata.ts";
import { bundleServer } from "../lib/shipped-server.ts";
import { tinyModel, tinyRows } from "./models.ts";
import { pythonFolder, pythonSources, requirements } from "./python.ts";
import {
  intentQuestion,
  numbersQuestion,
  postedIntentQuestion,
  sentenceQuestion,
  type Question,
} from "./questions.ts";

/** How many different questions there are of each kind. */
const count = 400;
const corpus = join(checkout, "model/corpus");

/** Where everything is that is built for the series. */
export const work = join(checkout, "dist/bench-server");

/** The model files. */
export const modelFiles = {
  "intent-fr": join(checkout, "model/intent-fr.onnx"),
  tiny: join(work, "tiny.onnx"),
};

/** How a server takes its questions; `original` has a model and answers of its own. */
export type QuestionKind = "intent" | "posted-intent" | "sentence" | "numbers" | "original";

/** The file with the questions of a kind. */
export function questionsFile(kind: QuestionKind): string {
  return join(work, "questions", `${kind}.json`);
}

/** Builds both servers in Node as the image has them: one file, and the ONNX runtime beside it. */
export async function bundleServers(): Promise<void> {
  const ours = join(work, "server");
  const plain = join(work, "plain");
  await bundleServer(ours);
  await build({
    entryPoints: [join(import.meta.dirname, "plain/main.ts")],
    outfile: join(plain, "main.js"),
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  cpSync(join(ours, "node_modules"), join(plain, "node_modules"), { recursive: true });
  cpSync(join(ours, "package.json"), join(plain, "package.json"));
}

/** Writes the tiny model and all questions but those of the original. */
export async function writeQuestions(): Promise<void> {
  mkdirSync(join(work, "questions"), { recursive: true });
  writeFileSync(modelFiles.tiny, tinyModel());
  const rows = tinyRows(count);
  write(
    "numbers",
    rows.map(({ numbers, position }) => numbersQuestion("tiny", numbers, position)),
  );
  const asked = sentences();
  const evaluator = await createEvaluator(modelFiles["intent-fr"]);
  const { labels: winners } = await evaluator.run(asked);
  await evaluator.close();
  const metadata = readMetadata(readFileSync(modelFiles["intent-fr"]));
  const labels = JSON.parse(metadata["labels"] ?? "[]") as string[];
  const writeSentences = (
    kind: QuestionKind,
    make: (sentence: string, winner: string) => Question,
  ) =>
    write(
      kind,
      asked.map((sentence, index) => make(sentence, winners[index] as string)),
    );
  writeSentences("intent", intentQuestion);
  writeSentences("posted-intent", postedIntentQuestion);
  writeSentences("sentence", (sentence, winner) =>
    sentenceQuestion("intent-fr", sentence, labels.indexOf(winner)),
  );
}

/** Trains the original's classifier unless that was done before, and writes its questions. */
export async function trainOriginal(): Promise<string> {
  const asked = sentences();
  const examples = readCorpus(corpus).map(({ intent, sentence }) => ({ intent, sentence }));
  const texts = [JSON.stringify(examples), JSON.stringify(asked)];
  const script = join(pythonSources, "original_train.py");
  const sources = [script, requirements("original")].map((file) => readFileSync(file, "utf8"));
  const folder = await cachedFolder("original-model", [...sources, ...texts], async (made) => {
    const files = ["examples.json", "sentences.json"].map((name) => join(made, name));
    files.forEach((file, index) => writeFileSync(file, texts[index] as string));
    const python = join(await pythonFolder("original"), "bin/python");
    await run(python, [script, ...files, made]);
  });
  const winners = JSON.parse(readFileSync(join(folder, "answers.json"), "utf8")) as string[];
  const questions = asked.map((text, index) => intentQuestion(text, winners[index] as string));
  write("original", questions);
  return join(folder, "model");
}

/** Sentences of the corpus, evenly taken from all of it. */
function sentences(): string[] {
  const all = readCorpus(corpus).map(({ sentence }) => sentence);
  return Array.from({ length: count }, (_, index) => {
    return all[Math.floor((index * all.length) / count)] as string;
  });
}

function write(kind: QuestionKind, questions: Question[]): void {
  writeFileSync(questionsFile(kind), JSON.stringify(questions));
}
