import { pick, type Random } from "./random.ts";

const shortcuts: readonly (readonly [RegExp, string])[] = [
  [/\bpour\b/i, "pr"],
  [/\bje cherche\b/i, "jcherche"],
  [/\bje voudrais\b/i, "jvoudrais"],
  [/\bje veux\b/i, "jveux"],
  [/\bs'il te plaît\b/i, "stp"],
  [/\best-ce qu'il y a\b/i, "ya"],
  [/\bil y a\b/i, "ya"],
  [/\bquelque chose\b/i, "qqch"],
  [/\btu peux\b/i, "tpeux"],
  [/\bbeaucoup\b/i, "bcp"],
  [/\bj'ai\b/i, "jai"],
  [/\bj'aimerais\b/i, "jaimerai"],
  [/\bvoudrais\b/i, "voudrai"],
  [/\bquel(le)?s? est\b/i, "c quoi"],
  [/\bc'est\b/i, "c"],
  [/\bdans\b/i, "ds"],
  [/\bun\b/i, "1"],
  [/\bavec\b/i, "avc"],
  [/'/, " "],
  [/-/, " "],
];

const edits: readonly ((word: string, at: number) => string)[] = [
  (word, at) => word.slice(0, at) + word.slice(at + 1),
  (word, at) => word.slice(0, at) + word[at] + word.slice(at),
  (word, at) => word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2),
];

/** The sentence as somebody in a hurry types it: a shortcut, or one slip in a long word. */
export function misspell(sentence: string, random: Random): string {
  const usable = shortcuts.filter(([pattern]) => pattern.test(sentence));
  if (usable.length > 0 && random() < 0.5) {
    const [pattern, short] = pick(usable, random);
    return sentence.replace(pattern, short);
  }
  const words = sentence.split(" ");
  const long = words.flatMap((word, index) => (/^\p{L}{5,}$/u.test(word) ? [index] : []));
  if (long.length === 0) return sentence;
  const index = pick(long, random);
  const word = words[index] as string;
  words[index] = pick(edits, random)(word, 1 + Math.floor(random() * (word.length - 2)));
  return words.join(" ");
}
