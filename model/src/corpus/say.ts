import { misspell } from "./misspell.ts";
import { pick, type Random } from "./random.ts";
import { fill, type Slots } from "./template.ts";

/** How often each of these comes with a line of a label that is fully talkative. */
const shares = {
  greeted: 0.2,
  reasoned: 0.15,
  doubled: 0.1,
  detailed: 0.25,
  detailedTwice: 0.08,
  thanked: 0.18,
  misspelt: 0.12,
};
const joints = [", ", ", ", ". ", " ", "... ", " ! "];

/** How the lines of a label are said. */
export interface Manner {
  slots: Slots;
  /** 1 for the usual shares of greetings, reasons and details, 0 for bare lines. */
  talkative: number;
}

/**
 * Fills a line and puts around it what people say beside a request, now and then another line of
 * the same label, and a slip of the keyboard.
 */
export function say(lines: { line: string; other: string }, manner: Manner, random: Random) {
  const { slots, talkative } = manner;
  const parts: string[] = [];
  const join = (part: string, joint = pick(joints, random)) =>
    parts.push(/[?!.]$/.test(parts.at(-1) ?? "") ? " " : joint, part);
  const add = (share: number, template: string, joint?: string) => {
    if (random() < share * talkative) join(fill(template, slots, random), joint);
  };
  add(shares.greeted, "{salut}");
  add(shares.reasoned, "{contexte}");
  join(fill(lines.line, slots, random));
  add(shares.doubled, lines.other);
  add(shares.detailed, "{suite}");
  add(shares.detailedTwice, "{suite}");
  add(shares.thanked, "{merci}", " ");
  const sentence = parts.slice(1).join("");
  return random() < shares.misspelt ? misspell(sentence, random) : sentence;
}
