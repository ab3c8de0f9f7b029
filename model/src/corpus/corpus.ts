import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { misspell } from "./misspell.ts";
import { randomFrom, type Random } from "./random.ts";
import { fill, isTemplate, type Slots } from "./template.ts";

/** A sentence and what the person who says it wants. */
export interface Example {
  intent: string;
  sentence: string;
  /** The line of the corpus it was made from. What shares a line is no independent test. */
  line?: string;
}

/** What corpus.json says: the labels in the order of the model's columns. */
export interface Manifest {
  languages: string[];
  /** Label to the number of sentences its lines are multiplied to, at most. */
  labels: Record<string, number>;
}

interface Made {
  sentence: string;
  line: string;
}

/** How often a template is filled before it counts as exhausted. */
const attempts = 8;
const shareGreeted = 0.12;
const shareThanked = 0.15;
const shareExplained = 0.06;
const shareMisspelt = 0.1;

/** Reads the manifest of a corpus folder. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "corpus.json"), "utf8")) as Manifest;
}

/** Reads sentences of one's own: a JSON array of `{ intent, sentence }`. */
export function readExamples(file: string): Example[] {
  const fix = 'give a JSON array of { "intent": "…", "sentence": "…" }';
  const found: unknown = parse(readFileSync(file, "utf8"), `${file} is not JSON; ${fix}`);
  if (!Array.isArray(found) || found.length === 0) throw new Error(`${file} has no list; ${fix}`);
  return found.map((item: unknown, index) => {
    const { intent, sentence } = (item ?? {}) as Partial<Example>;
    if (typeof intent !== "string" || typeof sentence !== "string") {
      throw new Error(`Item ${index} of ${file} is ${JSON.stringify(item)}; ${fix}`);
    }
    return { intent, sentence };
  });
}

function parse(text: string, otherwise: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(otherwise, { cause });
  }
}

/** The lines of a corpus file, without comments and empty lines. */
export function readLines(file: string): string[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

/** All slot lists of a corpus folder. */
export function readSlots(folder: string): Slots {
  const files = readdirSync(join(folder, "slots")).sort();
  return new Map(
    files.map((file) => [basename(file, ".txt"), readLines(join(folder, "slots", file))]),
  );
}

/** All sentences of a corpus folder, each once; the same files give the same sentences. */
export function readCorpus(folder: string): Example[] {
  const slots = readSlots(folder);
  const seen = new Set<string>();
  return Object.entries(readManifest(folder).labels).flatMap(([intent, size]) => {
    const lines = readLines(join(folder, `${intent}.txt`));
    return multiply(lines, size, slots, seen).map((made) => ({ intent, ...made }));
  });
}

/** Takes every plain line, and fills the templates in turn until there are enough sentences. */
function multiply(lines: string[], size: number, slots: Slots, seen: Set<string>): Made[] {
  const plain = lines.filter((line) => !isTemplate(line));
  const templates = lines.filter(isTemplate).map((line) => ({ line, random: randomFrom(line) }));
  const made = plain
    .filter((sentence) => isNew(sentence, seen))
    .map((sentence) => ({ sentence, line: sentence }));
  const rounds = templates.length === 0 ? 0 : Math.ceil((size - made.length) / templates.length);
  for (let round = 0; round < rounds; round++) {
    for (const { line, random } of templates) {
      const sentence = newSentence(() => dress(fill(line, slots, random), slots, random), seen);
      if (sentence !== undefined) made.push({ sentence, line });
    }
  }
  return made;
}

/** A sentence that there is not yet; undefined when several attempts give none. */
function newSentence(make: () => string, seen: Set<string>): string | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const sentence = make();
    if (isNew(sentence, seen)) return sentence;
  }
  return undefined;
}

function isNew(sentence: string, seen: Set<string>): boolean {
  const key = sentence.toLowerCase();
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

/** Adds what people put around a request, and now and then a slip of the keyboard. */
function dress(sentence: string, slots: Slots, random: Random): string {
  const add = (share: number, template: string) =>
    random() < share ? fill(template, slots, random) : "";
  const dressed = [
    add(shareGreeted, "{salut} "),
    add(shareExplained, "{contexte}, "),
    sentence,
    add(shareExplained, ", {suite}"),
    add(shareThanked, " {merci}"),
  ].join("");
  return random() < shareMisspelt ? misspell(dressed, random) : dressed;
}
