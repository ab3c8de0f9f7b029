import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pick, randomFrom } from "./random.ts";
import { say } from "./say.ts";
import { isTemplate, type Slots } from "./template.ts";

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
  labels: Record<string, Amount>;
}

/** How many sentences a label's lines are multiplied to, and how much is said around each. */
export interface Amount {
  /** Sentences, at most. */
  sentences: number;
  /** 1 for the usual shares of greetings, reasons and details, 0 for bare lines. */
  talkative: number;
}

interface Made {
  sentence: string;
  line: string;
}

/** How often a template is filled before it counts as exhausted. */
const attempts = 8;
/** Rounds through the lines of a label, at most. */
const most = 200;
/** Of so many rounds, lines without slots take part in one: they vary less. */
const plainEvery = 4;

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

/** All slot lists of a corpus folder; the folders they are sorted into do not matter. */
export function readSlots(folder: string): Slots {
  const files = readdirSync(join(folder, "slots"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".txt"))
    .sort();
  return new Map(
    files.map((file) => [basename(file, ".txt"), readLines(join(folder, "slots", file))]),
  );
}

/** All sentences of a corpus folder, each once; the same files give the same sentences. */
export function readCorpus(folder: string): Example[] {
  const slots = readSlots(folder);
  const seen = new Set<string>();
  return Object.entries(readManifest(folder).labels).flatMap(([intent, amount]) => {
    const lines = readLines(join(folder, `${intent}.txt`));
    return multiply(lines, amount, slots, seen).map((made) => ({ intent, ...made }));
  });
}

/** Takes every plain line, and goes through the lines in turn until there are enough sentences. */
function multiply(lines: string[], amount: Amount, slots: Slots, seen: Set<string>): Made[] {
  const made = lines
    .filter((line) => !isTemplate(line) && isNew(line, seen))
    .map((line) => ({ sentence: line, line }));
  const manner = { slots, talkative: amount.talkative };
  const sources = lines.map((line) => ({ line, random: randomFrom(line) }));
  for (let round = 1; round <= most && made.length < amount.sentences; round++) {
    for (const { line, random } of sources) {
      if (!isTemplate(line) && round % plainEvery !== 0) continue;
      const make = () => say({ line, other: pick(lines, random) }, manner, random);
      const sentence = newSentence(make, seen);
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
