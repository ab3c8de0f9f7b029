/**
 * Trains and measures intent classifiers.
 *
 *   node model/src/main.ts train [--data FILE]... [--corpus] [--output FILE]
 *   node model/src/main.ts evaluate --data FILE... [--model FILE] [--picture FILE.svg]
 *   node model/src/main.ts crossvalidate [--data FILE]... [--corpus] [--picture FILE.svg]
 *
 * train and crossvalidate take --shared N: the number of columns that rare n-grams share.
 * FILE of --data is a JSON array of { "intent", "sentence" }. Without it the corpus is taken, and
 * with --corpus both; where several have a sentence, the last one says what it is.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { combine, unknownLabels } from "./corpus/combine.ts";
import { readCorpus, readExamples, readManifest, type Example } from "./corpus/corpus.ts";
import { createEvaluator, evaluate, medianMicroseconds } from "./evaluate.ts";
import { metrics, type Answer } from "./metrics.ts";
import { graph } from "./onnx/graph.ts";
import { encode } from "./onnx/model.ts";
import { readMetadata } from "./onnx/metadata.ts";
import { picture } from "./picture.ts";
import { report } from "./report.ts";
import { crossvalidate } from "./train/crossvalidate.ts";
import { fit, shippedSettings } from "./train/fit.ts";

const folder = join(import.meta.dirname, "..");
const corpus = join(folder, "corpus");
const shipped = join(folder, "intent-fr.onnx");
const folds = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", multiple: true, default: [] },
    corpus: { type: "boolean", default: false },
    model: { type: "string", default: shipped },
    output: { type: "string", default: shipped },
    picture: { type: "string" },
    shared: { type: "string", default: String(shippedSettings.shared) },
  },
});
const settings = { ...shippedSettings, shared: Number(values.shared) };

try {
  if (!(Number.isInteger(settings.shared) && settings.shared > 0)) {
    throw new Error(`--shared is "${values.shared}"; give a whole number above 0`);
  }
  await run(positionals[0]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(command: string | undefined): Promise<void> {
  if (command === "train") return train();
  if (command === "evaluate") return measure();
  if (command === "crossvalidate") return measureTrainer();
  throw new Error(`"${command ?? ""}" is no command: give train, evaluate or crossvalidate`);
}

function train(): void {
  if (values.data.length > 0 && values.output === shipped) {
    throw new Error("Name the file for the model that is trained on --data: --output FILE.onnx");
  }
  const started = performance.now();
  const examples = sentences();
  const labels = labelsOf(examples);
  console.log(`Training on ${examples.length} sentences with ${labels.length} labels`);
  const classifier = fit(examples, labels, settings, (line) => console.log(line));
  const bytes = encode(graph(classifier, readManifest(corpus).languages));
  writeFileSync(values.output, bytes);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`Wrote ${values.output}: ${classifier.grams.length} n-grams, ${bytes.length} bytes`);
  console.log(`sha256 ${createHash("sha256").update(bytes).digest("hex")}, ${seconds} s`);
}

async function measure(): Promise<void> {
  if (values.data.length === 0) {
    throw new Error("Name the sentences: make evaluate DATA=file.json");
  }
  const bytes = readFileSync(values.model);
  const labels = JSON.parse(readMetadata(bytes).labels ?? "[]") as string[];
  const evaluator = await createEvaluator(values.model);
  tell(await evaluate(evaluator, values.data.flatMap(readExamples), labels), labels);
  const time = await medianMicroseconds(evaluator);
  console.log(
    `\n${bytes.length} bytes, loaded in ${evaluator.loadMilliseconds.toFixed(0)} ms, ` +
      `${time.toFixed(0)} us for a sentence of 60 characters (median, one thread)`,
  );
  await evaluator.close();
}

function measureTrainer(): void {
  const examples = sentences();
  const labels = labelsOf(examples);
  const answers: Answer[] = [];
  for (const some of crossvalidate(examples, labels, settings, folds)) {
    answers.push(...some);
    console.log(`${answers.length} of ${examples.length} sentences`);
  }
  tell(answers, labels);
}

function tell(answers: Answer[], labels: string[]): void {
  const found = metrics(answers, labels);
  console.log(report(found));
  if (values.picture) writeFileSync(values.picture, picture(found));
}

function sentences(): Example[] {
  const lists = values.data.map(readExamples);
  if (lists.length === 0) return readCorpus(corpus);
  if (!values.corpus) return combine(lists);
  const foreign = unknownLabels(lists.flat(), Object.keys(readManifest(corpus).labels));
  for (const [label, count] of foreign) {
    console.warn(`The corpus does not have the label ${JSON.stringify(label)}: ${count} sentences`);
  }
  return combine([readCorpus(corpus), ...lists]);
}

/** The labels of the corpus in its order, then the others by name. */
function labelsOf(examples: Example[]): string[] {
  const used = new Set(examples.map(({ intent }) => intent));
  const known = Object.keys(readManifest(corpus).labels).filter((label) => used.delete(label));
  return [...known, ...[...used].sort()];
}
