import type { Example } from "./corpus.ts";

/** Each sentence of several lists once; a later list knows better than an earlier one. */
export function combine(lists: Example[][]): Example[] {
  const bySentence = new Map<string, Example>();
  for (const example of lists.flat()) bySentence.set(example.sentence.toLowerCase(), example);
  return [...bySentence.values()];
}

/** How many examples have each label that is not among the known ones. */
export function unknownLabels(examples: Example[], known: Iterable<string>): Map<string, number> {
  const labels = new Set(known);
  const counts = new Map<string, number>();
  for (const { intent } of examples) {
    if (!labels.has(intent)) counts.set(intent, (counts.get(intent) ?? 0) + 1);
  }
  return counts;
}
