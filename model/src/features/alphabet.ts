/**
 * The characters the classifier tells apart. Everything a sentence can contain is folded to one of
 * them: capitals and accents to the plain letter, digits to `0`, the rest to a space.
 */
export const alphabet = " abcdefghijklmnopqrstuvwxyz0?€";

/** What opens and closes a sentence in the graph; both read as a space. */
export const marks = { start: "\u0002", end: "\u0003" };

const plain: Record<string, string> = {
  œ: "o",
  æ: "a",
  ß: "s",
  ø: "o",
  đ: "d",
  ł: "l",
  "?": "?",
  "€": "€",
};
const lastFolded = 0x24f;

/** Each character that is not folded to a space, with what it is folded to. */
export const folding: ReadonlyMap<string, string> = new Map(
  [...codePoints(), "€", "？"].flatMap((character) => {
    const folded = fold(character);
    return folded === " " ? [] : [[character, folded] as const];
  }),
);

/** The sentence as the features see it: folded, with a space before and after. */
export function normalize(sentence: string): string {
  let text = " ";
  for (const character of sentence) text += folding.get(character) ?? " ";
  return `${text} `;
}

function fold(character: string): string {
  const lower = character.normalize("NFKD").toLowerCase().charAt(0);
  if (lower >= "a" && lower <= "z") return lower;
  if (lower >= "0" && lower <= "9") return "0";
  return plain[character.toLowerCase()] ?? " ";
}

function codePoints(): string[] {
  return Array.from({ length: lastFolded - 0x20 }, (_, i) => String.fromCodePoint(0x21 + i));
}
