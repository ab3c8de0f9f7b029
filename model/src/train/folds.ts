import type { Example } from "../corpus/corpus.ts";
import { randomFrom } from "../corpus/random.ts";

/**
 * The fold of each example, from 0 up to `count`. Every label is spread evenly, and sentences from
 * one line of the corpus stay together: a model that has seen one of them knows the others.
 */
export function folds(examples: Example[], count: number): Int32Array {
  const random = randomFrom("folds");
  const groups = new Map<string, { intent: string; members: number[]; rank: number }>();
  examples.forEach(({ intent, sentence, line }, index) => {
    const key = JSON.stringify([intent, line ?? sentence]);
    const group = groups.get(key) ?? { intent, members: [], rank: random() };
    group.members.push(index);
    groups.set(key, group);
  });
  const found = new Int32Array(examples.length);
  const next = new Map<string, number>();
  for (const { intent, members } of [...groups.values()].sort((a, b) => a.rank - b.rank)) {
    const fold = next.get(intent) ?? 0;
    next.set(intent, (fold + 1) % count);
    for (const member of members) found[member] = fold;
  }
  return found;
}
