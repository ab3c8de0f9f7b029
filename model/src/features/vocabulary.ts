/** The n-grams a model knows, and how much each counts. */
export interface Vocabulary {
  grams: string[];
  /** Inverse document frequency of each n-gram. */
  rarity: Float64Array;
}

/** Sparse rows: row `i` has the columns and values from `offsets[i]` up to `offsets[i + 1]`. */
export interface Matrix {
  offsets: Int32Array;
  columns: Int32Array;
  values: Float64Array;
}

/** In how many documents each n-gram occurs, given the n-grams of every document. */
export function documentFrequencies(documents: string[][]): Map<string, number> {
  const frequencies = new Map<string, number>();
  for (const document of documents) {
    for (const gram of new Set(document)) frequencies.set(gram, (frequencies.get(gram) ?? 0) + 1);
  }
  return frequencies;
}

/** A vocabulary of these n-grams: the short ones first, as the ONNX operator wants them. */
export function vocabulary(
  grams: Iterable<string>,
  frequencies: ReadonlyMap<string, number>,
  documents: number,
): Vocabulary {
  const sorted = [...grams].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const rarity = (gram: string) =>
    1 + Math.log((1 + documents) / (1 + (frequencies.get(gram) ?? 0)));
  return { grams: sorted, rarity: Float64Array.from(sorted, rarity) };
}

/** Counts times rarity, every row of length one: what the ONNX graph computes. */
export function vectorize(documents: string[][], { grams, rarity }: Vocabulary): Matrix {
  const column = new Map(grams.map((gram, index) => [gram, index]));
  const offsets = [0];
  const columns: number[] = [];
  const values: number[] = [];
  for (const document of documents) {
    const counts = new Map<number, number>();
    for (const gram of document) {
      const index = column.get(gram);
      if (index !== undefined) counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const row = [...counts].map(([index, count]) => count * (rarity[index] as number));
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
    columns.push(...counts.keys());
    values.push(...row.map((value) => value / length));
    offsets.push(columns.length);
  }
  return {
    offsets: Int32Array.from(offsets),
    columns: Int32Array.from(columns),
    values: Float64Array.from(values),
  };
}
