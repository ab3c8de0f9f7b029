import type { Description } from "./model.ts";
import type { Tensors, TensorSpec } from "../tensors/tensors.ts";

/** A model that tells what a sentence wants. */
export interface IntentClassifier {
  /** Intents in the order of the probabilities. */
  labels: string[];
  /** Languages of the sentences, for example `fr-FR`. */
  languages: string[];
  input: TensorSpec;
  /** Name of the output with a probability for each label. */
  output: string;
}

/** Probability of one intent. */
export interface IntentProbability {
  intent: string;
  probability: number;
}

/** What the model's outputs for one sentence say about each intent. */
export function intentProbabilities(
  { labels, output }: IntentClassifier,
  outputs: Tensors,
): IntentProbability[] {
  const probabilities = outputs[output]?.data ?? [];
  return labels.map((intent, index) => ({ intent, probability: Number(probabilities[index]) }));
}

/**
 * The model as an intent classifier; undefined when its `task` is another one.
 *
 * @throws when the model says that it is one and lacks what one needs
 */
export function intentClassifier(description: Description): IntentClassifier | undefined {
  const { inputs, outputs, metadata } = description;
  if (metadata.get("task") !== "intent-classification") return undefined;
  const labels = texts(metadata, "labels");
  const languages = texts(metadata, "languages");
  const [input, ...others] = inputs;
  if (others.length > 0 || !input || !isColumnOfTexts(input)) {
    throw new Error(
      "An intent classifier needs exactly one input, strings of the shape [N] or [N, 1]",
    );
  }
  const output = outputs.find(({ name }) => name === "probabilities");
  if (output?.datatype !== "FP32" || output.shape[1] !== labels.length) {
    throw new Error(
      `An intent classifier with ${labels.length} labels needs an output "probabilities", floats of the shape [N, ${labels.length}]`,
    );
  }
  return { labels, languages, input, output: output.name };
}

/** Whether each row of an input is one text. */
export const isColumnOfTexts = ({ datatype, shape }: TensorSpec) =>
  datatype === "BYTES" && ["-1", "-1,1"].includes(shape.join());

function texts(metadata: Map<string, string>, key: string): string[] {
  try {
    const value: unknown = JSON.parse(metadata.get(key) ?? "");
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  } catch {
    // The sentence below says what is wanted.
  }
  throw new Error(`An intent classifier needs "${key}" in metadata_props, a JSON array of strings`);
}
