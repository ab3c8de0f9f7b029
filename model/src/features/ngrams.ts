/** Which pieces of a sentence count as features. */
export interface NgramOptions {
  /** Characters inside a word, its two boundaries included. */
  characters: { min: number; max: number };
  /** Whole words in a row. */
  words: { max: number };
}

/**
 * All n-grams of a normalized sentence, repetitions included. Each is a substring of it, so one
 * table of substrings holds them all; a word is bounded by spaces.
 */
export function ngrams(text: string, { characters, words }: NgramOptions): string[] {
  const found: string[] = [];
  const starts = wordStarts(text);
  for (let w = 0; w + 1 < starts.length; w++) {
    const word = text.slice(starts[w], (starts[w + 1] as number) + 1);
    if (word.length < 3) continue;
    for (let size = characters.min; size <= characters.max; size++) {
      for (let at = 0; at + size <= word.length; at++) found.push(word.slice(at, at + size));
    }
    for (let size = 1; size <= words.max && w + size < starts.length; size++) {
      const phrase = text.slice(starts[w], (starts[w + size] as number) + 1);
      if (phrase.includes("  ")) break;
      if (size > 1 || phrase.length > characters.max) found.push(phrase);
    }
  }
  return found;
}

/** The places of all spaces: each opens a word, and the last one closes the last. */
function wordStarts(text: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(" "); at >= 0; at = text.indexOf(" ", at + 1)) starts.push(at);
  return starts;
}
