import type { Example } from "../corpus/corpus.ts";
import { normalize } from "../features/alphabet.ts";
import { ngrams, type NgramOptions } from "../features/ngrams.ts";
import {
  documentFrequencies,
  vectorize,
  vocabulary,
  type Vocabulary,
} from "../features/vocabulary.ts";
import { logistic, type Linear } from "./logistic.ts";

/** A trained intent classifier, as the ONNX writer takes it. */
export interface Classifier extends Vocabulary, Linear {
  labels: string[];
}

/** What was chosen by cross-validation. */
export interface Settings {
  ngrams: NgramOptions;
  /** An n-gram counts when so many sentences have it. */
  minimumFrequency: number;
  /** How many n-grams stay. */
  features: number;
  /** Inverse of the L2 penalty. */
  strength: number;
  iterations: number;
}

/** The settings of the model that ships. */
export const settings: Settings = {
  ngrams: { characters: { min: 2, max: 5 }, words: { max: 2 } },
  minimumFrequency: 2,
  features: 6000,
  strength: 10,
  iterations: 60,
};

/** Trains twice: on all n-grams, then on those that mattered most. */
export function fit(examples: Example[], labels: string[], settings: Settings): Classifier {
  const documents = examples.map(({ sentence }) => ngrams(normalize(sentence), settings.ngrams));
  const targets = Int32Array.from(examples, ({ intent }) => labels.indexOf(intent));
  const frequencies = documentFrequencies(documents);
  const frequent = [...frequencies].filter(([, count]) => count >= settings.minimumFrequency);
  const train = (grams: Iterable<string>) => {
    const known = vocabulary(grams, frequencies, documents.length);
    const rows = vectorize(documents, known);
    const problem = { rows, width: known.grams.length, targets, classes: labels.length };
    return { labels, ...known, ...logistic(problem, settings.strength, settings.iterations) };
  };
  const full = train(frequent.map(([gram]) => gram));
  return train(mostImportant(full, frequencies, settings.features));
}

/** The n-grams that move the scores most, over all sentences. */
function mostImportant(
  { grams, rarity, weights, labels }: Classifier,
  frequencies: ReadonlyMap<string, number>,
  count: number,
): string[] {
  const importance = grams.map((gram, index) => {
    const own = weights.subarray(index * labels.length, (index + 1) * labels.length);
    const size = Math.sqrt(own.reduce((sum, weight) => sum + weight * weight, 0));
    return { gram, value: size * rarity[index]! * Math.sqrt(frequencies.get(gram) ?? 0) };
  });
  importance.sort((a, b) => b.value - a.value || (a.gram < b.gram ? -1 : 1));
  return importance.slice(0, count).map(({ gram }) => gram);
}
