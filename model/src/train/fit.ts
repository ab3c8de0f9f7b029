import type { Example } from "../corpus/corpus.ts";
import { normalize } from "../features/alphabet.ts";
import { ngrams, type NgramOptions } from "../features/ngrams.ts";
import { grams, rows, type Document, type Gram } from "../features/rows.ts";
import { cluster } from "./cluster.ts";
import { folds } from "./folds.ts";
import { linear, type Linear } from "./linear.ts";
import { temperature } from "./temperature.ts";

/**
 * A trained intent classifier, as the ONNX writer takes it. Each n-gram counts in one column. The
 * first columns, `once` of them, belong to one n-gram each and count at most 1; the others are
 * shared by n-grams of nearly the same weights, so that the vector is short and fast to compute.
 */
export interface Classifier {
  labels: string[];
  ngrams: NgramOptions;
  /** The short ones first. */
  grams: string[];
  /** Place of each n-gram in the list. */
  places: ReadonlyMap<string, number>;
  /** Column of each n-gram. */
  columns: Int32Array;
  once: number;
  width: number;
  /** `weights[column * labels + label]` */
  weights: Float64Array;
  biases: Float64Array;
}

/** What was chosen by cross-validation. */
export interface Settings {
  ngrams: NgramOptions;
  /** An n-gram counts when so many sentences have it. */
  minimumFrequency: number;
  /** How many n-grams are kept at most: those with the largest weights. */
  heaviest: number;
  /** How many n-grams count once in a sentence, and have a column of their own. */
  once: number;
  /** How many columns the other n-grams share. */
  shared: number;
  /** Inverse of the L2 penalty. */
  strength: number;
  /** How far rare labels are weighted up: 0 not at all, 1 until all weigh the same. */
  balance: number;
  iterations: number;
}

/** The settings of the model that ships. */
export const shippedSettings: Settings = {
  ngrams: { characters: { min: 2, max: 5 }, words: { max: 3 } },
  minimumFrequency: 2,
  heaviest: 65_000,
  once: 1000,
  shared: 1500,
  strength: 0.025,
  balance: 0.3,
  iterations: 50,
};

/** Trains a classifier whose probabilities are as likely as they say. */
export function fit(
  examples: Example[],
  labels: string[],
  settings: Settings,
  progress: (line: string) => void = () => {},
): Classifier {
  const held = Array.from(folds(examples, 4), (fold) => fold === 0);
  const rest = train(
    examples.filter((_, index) => !held[index]),
    labels,
    settings,
  );
  progress("Trained on three quarters, to see how sure it may be of what it has not seen");
  const unseen = examples.filter((_, index) => held[index]);
  const all = train(examples, labels, settings);
  const heat = temperature(
    unseen.map(({ sentence }) => scores(rest, sentence)),
    unseen.map(({ intent }) => labels.indexOf(intent)),
  );
  progress(`Trained on all; scores are divided by ${heat.toFixed(2)}`);
  return {
    ...all,
    weights: all.weights.map((weight) => weight / heat),
    biases: all.biases.map((bias) => bias / heat),
  };
}

/** The scores of a sentence: what the ONNX graph computes. */
export function scores(classifier: Classifier, sentence: string): Float64Array {
  const { labels, places, columns, once, weights, biases } = classifier;
  const { counts, length } = document(sentence, classifier.ngrams);
  const sums = biases.slice();
  for (const [gram, count] of counts) {
    const place = places.get(gram);
    if (place === undefined) continue;
    const column = columns[place]!;
    const value = (column < once ? 1 : count) / Math.sqrt(length);
    for (let k = 0; k < labels.length; k++)
      sums[k]! += value * weights[column * labels.length + k]!;
  }
  return sums;
}

function train(examples: Example[], labels: string[], settings: Settings): Classifier {
  const documents = examples.map(({ sentence }) => document(sentence, settings.ngrams));
  const features = grams(documents, settings.minimumFrequency, settings.once);
  const targets = Int32Array.from(examples, ({ intent }) => labels.indexOf(intent));
  const trained = linear(
    {
      rows: rows(documents, features),
      width: features.length,
      targets,
      classes: labels.length,
      importance: importance(targets, labels.length, settings.balance),
    },
    settings.strength,
    settings.iterations,
  );
  const kept = heaviest(features, trained, settings.heaviest);
  return {
    labels,
    ngrams: settings.ngrams,
    places: new Map(kept.features.map(({ text }, place) => [text, place])),
    biases: trained.biases,
    ...share(kept.features, { ...trained, weights: kept.weights }, settings.shared),
  };
}

function document(sentence: string, options: NgramOptions): Document {
  const text = normalize(sentence);
  return { counts: ngrams(text, options), length: text.length };
}

/** How much each example counts, so that a rare label is not drowned by a common one. */
function importance(targets: Int32Array, classes: number, balance: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const target of targets) counts[target]! += 1;
  return Float64Array.from(
    targets,
    (target) => (targets.length / (classes * counts[target]!)) ** balance,
  );
}

/** Drops the n-grams that hardly change a score, so that the file stays small; keeps the order. */
function heaviest(features: Gram[], { weights, biases }: Linear, count: number) {
  const size = biases.length;
  const row = (index: number) => weights.subarray(index * size, (index + 1) * size);
  const norms = features.map(({ rarity }, index) => rarity * Math.hypot(...row(index)));
  const kept = features
    .map((_, index) => index)
    .sort((a, b) => norms[b]! - norms[a]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
  return {
    features: kept.map((index) => features[index]!),
    weights: Float64Array.from(kept.flatMap((index) => [...row(index)])),
  };
}

/** Gives the n-grams that count once a column each, and lets the others share. */
function share(
  features: Gram[],
  { weights, biases }: Linear,
  shared: number,
): Pick<Classifier, "grams" | "columns" | "once" | "width" | "weights"> {
  const size = biases.length;
  const row = (index: number) =>
    weights
      .subarray(index * size, (index + 1) * size)
      .map((weight) => weight * features[index]!.rarity);
  const indices = features.map((_, index) => index);
  const once = indices.filter((index) => features[index]!.once);
  const rest = indices.filter((index) => !features[index]!.once);
  const { members, centres } = cluster(
    {
      values: Float64Array.from(rest.flatMap((index) => [...row(index)])),
      importance: Float64Array.from(rest, (index) => Math.exp(-features[index]!.rarity)),
      size,
    },
    Math.min(shared, rest.length),
  );
  const columns = new Int32Array(features.length);
  once.forEach((index, column) => (columns[index] = column));
  rest.forEach((index, i) => (columns[index] = once.length + members[i]!));
  const own = Float64Array.from(once.flatMap((index) => [...row(index)]));
  return {
    grams: features.map(({ text }) => text),
    columns,
    once: once.length,
    width: once.length + centres.length / size,
    weights: Float64Array.from([...own, ...centres]),
  };
}
