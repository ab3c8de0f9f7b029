import type { Counts } from "./ngrams.ts";

/** A sentence as the trainer sees it. */
export interface Document {
  counts: Counts;
  /** Characters of the normalized sentence. */
  length: number;
}

/** An n-gram that counts as a feature. */
export interface Gram {
  text: string;
  /** Whether it counts once in a sentence, however often it occurs. */
  once: boolean;
  /** How much more it counts than an n-gram that every sentence has. */
  rarity: number;
}

/** Sparse rows: row `i` has the columns and values from `offsets[i]` up to `offsets[i + 1]`. */
export interface Rows {
  offsets: Int32Array;
  columns: Int32Array;
  values: Float64Array;
}

/**
 * The n-grams that at least `minimum` documents have, the short ones first, as the ONNX operator
 * wants them. The `once` ones that are repeated most within sentences count once.
 */
export function grams(documents: Document[], minimum: number, once: number): Gram[] {
  const frequency = new Map<string, number>();
  const repeats = new Map<string, number>();
  for (const { counts } of documents) {
    for (const [gram, count] of counts) {
      frequency.set(gram, (frequency.get(gram) ?? 0) + 1);
      if (count > 1) repeats.set(gram, (repeats.get(gram) ?? 0) + count - 1);
    }
  }
  const kept = [...frequency].filter(([, found]) => found >= minimum);
  const repeated = [...repeats]
    .sort((a, b) => b[1] - a[1] || compare(a[0], b[0]))
    .slice(0, once)
    .map(([gram]) => gram);
  const counted = new Set(repeated);
  return kept
    .sort(([a], [b]) => a.length - b.length || compare(a, b))
    .map(([text, found]) => ({
      text,
      once: counted.has(text),
      rarity: 1 + Math.log((1 + documents.length) / (1 + found)),
    }));
}

/** The feature vectors of documents; the features of a long document count less. */
export function rows(documents: Document[], features: Gram[]): Rows {
  const places = new Map(features.map(({ text }, index) => [text, index]));
  const offsets = [0];
  const columns: number[] = [];
  const values: number[] = [];
  for (const { counts, length } of documents) {
    for (const [text, count] of counts) {
      const place = places.get(text);
      if (place === undefined) continue;
      const { once, rarity } = features[place]!;
      columns.push(place);
      values.push(((once ? 1 : count) * rarity) / Math.sqrt(length));
    }
    offsets.push(columns.length);
  }
  return {
    offsets: Int32Array.from(offsets),
    columns: Int32Array.from(columns),
    values: Float64Array.from(values),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
