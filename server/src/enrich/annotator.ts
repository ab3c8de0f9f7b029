import { InvalidInput } from "../process/errors.ts";
import { intentClassifier, type IntentClassifier } from "../model/classifier.ts";
import { runThreads } from "../model/cpu-limit.ts";
import { loadModel, type Description, type Model } from "../model/model.ts";
import { Unservable } from "../model/unservable.ts";
import { WorkerError } from "./error.ts";

/** A model that gives each sentence a label. */
export interface Annotator {
  /** SHA-256 of its file, in hexadecimal. */
  sha256: string;
  /** Labels in the order of the probabilities. */
  labels: string[];
  /** An answer for each sentence, in their order. Blocks the process while it computes. */
  annotate: (sentences: string[]) => Promise<Answer[]>;
  close: () => Promise<void>;
}

/** Probabilities of the labels, or why the model gives a sentence none. */
export type Answer = { probabilities: Float32Array } | { refusal: string };

/** Where the annotator's file is. */
export interface AnnotatorFile {
  path: string;
  /** Digest that the file must have. */
  sha256: string | undefined;
}

/**
 * Loads a model that is to annotate.
 *
 * @throws WorkerError with a sentence that says what to change
 */
export async function loadAnnotator({ path, sha256 }: AnnotatorFile): Promise<Annotator> {
  const model = await load({ path, sha256 });
  const classifier = checked(model.description, path);
  return {
    sha256: model.description.sha256,
    labels: classifier.labels,
    annotate: (sentences) =>
      annotate((some) => probabilitiesOf(model, classifier, some), sentences),
    close: () => model.close(),
  };
}

async function load({ path, sha256 }: AnnotatorFile): Promise<Model> {
  try {
    return await loadModel({ path, sha256, name: "annotator", threads: runThreads() });
  } catch (error) {
    const { message } = error as Error;
    const digest = error instanceof Unservable && error.reason === "DigestMismatch";
    const fix = digest ? "; correct spec.enrichment.model.sha256 or the file" : "";
    throw new WorkerError("ModelUnservable", message + fix, error);
  }
}

function checked(description: Description, path: string): IntentClassifier {
  try {
    const classifier = intentClassifier(description);
    if (classifier?.labels.some((label) => label.includes("\0"))) {
      throw new Error("Its labels have the character U+0000, which PostgreSQL cannot keep");
    }
    if (classifier) return classifier;
  } catch (error) {
    throw new WorkerError("NotAClassifier", `${path} cannot annotate. ${(error as Error).message}`);
  }
  const task = description.metadata.get("task");
  const says = task === undefined ? "names no task" : `has the task "${task}"`;
  throw new WorkerError(
    "NotAClassifier",
    `${path} cannot annotate: it ${says} in its metadata_props; an annotator needs task=intent-classification, labels and languages`,
  );
}

/** Runs the model over sentences: one list of probabilities for each. */
export type Classify = (sentences: string[]) => Promise<Float32Array[]>;

async function probabilitiesOf(
  model: Model,
  { input, output, labels }: IntentClassifier,
  sentences: string[],
): Promise<Float32Array[]> {
  const shape = input.shape.map((_, index) => (index === 0 ? sentences.length : 1));
  const inputs = { [input.name]: { datatype: "BYTES" as const, shape, data: sentences } };
  const { outputs } = await model.run(inputs, [output]);
  const all = outputs[output]?.data as Float32Array;
  return sentences.map((_, index) => all.slice(index * labels.length, (index + 1) * labels.length));
}

/**
 * Asks for all at once. Where the model refuses, one sentence may be the cause, so the halves are
 * asked for; a sentence that is refused alone must not keep the others from an answer.
 */
export async function annotate(classify: Classify, sentences: string[]): Promise<Answer[]> {
  try {
    return (await classify(sentences)).map(answer);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    if (sentences.length === 1) return [{ refusal: error.message }];
    const middle = sentences.length >> 1;
    return [
      ...(await annotate(classify, sentences.slice(0, middle))),
      ...(await annotate(classify, sentences.slice(middle))),
    ];
  }
}

function answer(probabilities: Float32Array): Answer {
  if (probabilities.every(Number.isFinite)) return { probabilities };
  return { refusal: "The model answers this sentence with a value that is not a number" };
}
