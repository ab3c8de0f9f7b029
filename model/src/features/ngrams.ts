import { marks } from "./alphabet.ts";

/** Which pieces of a sentence count as features. */
export interface NgramOptions {
  /** Characters inside a word, its two boundaries included. */
  characters: { min: number; max: number };
  /** Whole words in a row. */
  words: { max: number };
}

/** How often each n-gram occurs. */
export type Counts = ReadonlyMap<string, number>;

/**
 * The n-grams of a normalized sentence. Each is a substring of it, so one table of substrings holds
 * them all; a word is bounded by spaces.
 */
export function ngrams(text: string, { characters, words }: NgramOptions): Counts {
  const counts = new Map<string, number>();
  const count = (gram: string) => counts.set(gram, (counts.get(gram) ?? 0) + 1);
  const spaces = placesOf(" ", text);
  for (let w = 0; w + 1 < spaces.length; w++) {
    const start = spaces[w]!;
    const word = text.slice(start, spaces[w + 1]! + 1);
    if (word === "  ") continue;
    if (word !== ` ${marks.start} ` && word !== ` ${marks.end} `) {
      if (word.length > characters.max) count(word);
      for (const piece of pieces(word, characters)) count(piece);
    }
    for (let size = 2; size <= words.max && w + size < spaces.length; size++) {
      const phrase = text.slice(start, spaces[w + size]! + 1);
      if (phrase.endsWith("  ")) break;
      count(phrase);
    }
  }
  return counts;
}

/** The substrings of a word that have a number of characters from `min` to `max`. */
function* pieces(word: string, { min, max }: NgramOptions["characters"]): Generator<string> {
  for (let size = min; size <= max; size++) {
    for (let at = 0; at + size <= word.length; at++) yield word.slice(at, at + size);
  }
}

function placesOf(character: string, text: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) {
    places.push(at);
  }
  return places;
}
