/** What stands for the start and the end of a sentence; read like words of their own. */
export const marks = { start: "^", end: "$" } as const;

/**
 * The characters the classifier tells apart. Everything a sentence can contain is folded to one of
 * them: capitals and accents to the plain letter, digits to `0`, the rest to a space.
 */
export const alphabet = ` abcdefghijklmnopqrstuvwxyz0?€${marks.start}${marks.end}`;

/** Characters that no keyboard has, which are put around a sentence and read as its marks. */
export const opening = "\u0002";
export const closing = "\u0003";

/** Classes of a regular expression, written so that ECMAScript and RE2 read them alike. */
const latin = `${opening}${closing}!-~\u00a1-\u00ac\u00ae-\u024f\u1e00-\u1eff€`;
const blank = "\t-\r\u0085\\p{Z}";
const silent = "\\p{M}\\p{Cf}";

/**
 * What counts as one character: a Latin one, any run of blanks, any run of foreign characters.
 * Accents that come as characters of their own (Unicode NFD) and invisible ones match nothing, so
 * that they are left out.
 */
export const pieces = `[${latin}]|[${blank}]+|[^${latin}${blank}${silent}][^${latin}${blank}]*`;

const plain: Record<string, string> = { œ: "o", æ: "a", ß: "s", ø: "o", đ: "d", ł: "l", "?": "?" };
const folded = [
  [0x21, 0x24f],
  [0x1e00, 0x1eff],
] as const;

/** Each character that is not folded to a space, with what it is folded to. */
export const folding: ReadonlyMap<string, string> = new Map([
  ...folded
    .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
    .map((code) => String.fromCodePoint(code))
    .map((character) => [character, fold(character)] as const)
    .filter(([, letter]) => letter !== " "),
  ["€", "€"],
  [opening, marks.start],
  [closing, marks.end],
]);

/** The sentence as the features see it: folded, between its two marks, with a space around each. */
export function normalize(sentence: string): string {
  const found = ` ${opening} ${sentence} ${closing} `.match(new RegExp(pieces, "gu")) ?? [];
  return found.map((piece) => folding.get(piece) ?? " ").join("");
}

function fold(character: string): string {
  const lower = character.normalize("NFKD").toLowerCase().charAt(0);
  if (lower >= "a" && lower <= "z") return lower;
  if (lower >= "0" && lower <= "9") return "0";
  return plain[character.toLowerCase()] ?? " ";
}
