/** What stands for the start and the end of a sentence; read like words of their own. */
export const marks = { start: "^", end: "$" } as const;

/**
 * The characters the classifier tells apart. Everything a sentence can contain is folded to one of
 * them: capitals and accents to the plain letter, digits to `0`, the rest to a space.
 */
export const alphabet = ` abcdefghijklmnopqrstuvwxyz0?€${marks.start}${marks.end}`;

const plain: Record<string, string> = { œ: "o", æ: "a", ß: "s", ø: "o", đ: "d", ł: "l", "?": "?" };
const firstFolded = 0x21;
const lastFolded = 0x24f;

/** Each character that is not folded to a space, with what it is folded to. */
export const folding: ReadonlyMap<string, string> = new Map(
  Array.from({ length: lastFolded - firstFolded + 1 }, (_, i) => firstFolded + i)
    .map((code) => String.fromCodePoint(code))
    .map((character) => [character, fold(character)] as const)
    .filter(([, folded]) => folded !== " ")
    .concat([["€", "€"]]),
);

/** The sentence as the features see it: folded, between its two marks, with a space around each. */
export function normalize(sentence: string): string {
  let text = "";
  for (const character of sentence) text += folding.get(character) ?? " ";
  return ` ${marks.start} ${text} ${marks.end} `;
}

function fold(character: string): string {
  const lower = character.normalize("NFKD").toLowerCase().charAt(0);
  if (lower >= "a" && lower <= "z") return lower;
  if (lower >= "0" && lower <= "9") return "0";
  return plain[character.toLowerCase()] ?? " ";
}
