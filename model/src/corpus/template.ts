import { pick, type Random } from "./random.ts";

/** Slot name to what may stand in its place; an entry may hold slots itself. */
export type Slots = ReadonlyMap<string, readonly string[]>;

const slot = /\{(\w+)\}/;

/** Whether a line of the corpus stands for more than one sentence. */
export function isTemplate(line: string): boolean {
  return slot.test(line);
}

/** One sentence of a template; throws when it names a slot that does not exist. */
export function fill(template: string, slots: Slots, random: Random): string {
  let sentence = template;
  for (let match = slot.exec(sentence); match; match = slot.exec(sentence)) {
    const entries = slots.get(match[1] as string);
    if (!entries) throw new Error(`No slot list for {${match[1]}}, which "${template}" uses`);
    const value = pick(entries, random);
    sentence =
      sentence.slice(0, match.index) + value + sentence.slice(match.index + match[0].length);
  }
  return contract(sentence);
}

/** What French does where two words meet: "à le" is "au", "de un" is "d'un". */
function contract(sentence: string): string {
  return sentence
    .replaceAll(/\b(d|l)' +/gi, "$1'")
    .replaceAll(/\bd'(des|du|la|les|le|l')(?= |\b)/gi, (_, article: string) =>
      article === "des" || article === "du" ? "de" : `de ${article}`,
    )
    .replaceAll(/(^| )de (?=[aeiouyéèêîhâ](?!$| ))/gi, "$1d'")
    .replaceAll(/(^| )d'(?=(huit|onze|hauts?)\b)/gi, "$1de ")
    .replaceAll(/(^| )de le /gi, "$1du ")
    .replaceAll(/(^| )de les /gi, "$1des ")
    .replaceAll(/(^| )à le /gi, "$1au ")
    .replaceAll(/(^| )à les /gi, "$1aux ");
}
