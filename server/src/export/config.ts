import { parseArgs } from "node:util";

/** The command and its options. */
export type ExportConfig = Common & (Examples | Review | Import);

interface Common {
  /** The captured model, as namespace/name. */
  model: string;
  /** The folder with the database's `uri` and `ca.crt`. */
  databaseFolder: string;
}

/** Labelled sentences, as the trainer reads them. */
export interface Examples {
  command: "examples";
  /** Beginning of the annotator's SHA-256; of the one at work unless given. */
  annotator: string;
  /** Least probability of a label without a review; undefined for reviewed ones only. */
  minProbability: number | undefined;
  /** Most sentences of a label. */
  limitPerLabel: number | undefined;
  /** Other names for labels. */
  renames: Record<string, string>;
}

/** Sentences that need a review. */
export interface Review {
  command: "review";
  /** The annotator is unsure where its label is less probable than this. */
  below: number;
  /** Most sentences. */
  limit: number;
}

/** Reviewed sentences. */
export interface Import {
  command: "import";
  /** A file, or `-` for the standard input. */
  file: string;
}

/** The variables that the settings are read from. */
export type Environment = Record<string, string | undefined>;

/** How it is called. */
export const usage = `Usage: node export.js [examples] [--min-probability 0.9 | --reviewed-only] [--annotator SHA256]
                      [--limit-per-label N] [--rename LABEL=LABEL]...
       node export.js review [--below 0.6] [--limit 100]
       node export.js import FILE|-
All take --model NAMESPACE/NAME, which is CAPTURE_MODEL's unless given.`;

const options = {
  model: { type: "string" },
  "min-probability": { type: "string" },
  "reviewed-only": { type: "boolean" },
  annotator: { type: "string" },
  "limit-per-label": { type: "string" },
  rename: { type: "string", multiple: true },
  below: { type: "string" },
  limit: { type: "string" },
} as const;

/** Which options a command has, beside the model. */
const own = {
  examples: ["min-probability", "reviewed-only", "annotator", "limit-per-label", "rename"],
  review: ["below", "limit"],
  import: [],
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

/** Reads the command line; throws with a sentence on the first thing that cannot be used. */
export function readExportConfig(
  args: string[] = process.argv.slice(2),
  environment: Environment = process.env,
): ExportConfig {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [command = "examples", ...rest] = positionals;
  if (!isCommand(command)) {
    throw new Error(`"${command}" is not a command; write examples, review or import`);
  }
  const known: string[] = ["model", ...own[command]];
  const foreign = Object.keys(values).find((name) => !known.includes(name));
  if (foreign) throw new Error(`${command} has no option --${foreign}`);
  const model = values.model ?? environment["CAPTURE_MODEL"] ?? "";
  if (!/^[^/\s]+\/[^/\s]+$/.test(model)) {
    throw new Error(`The model is "${model}"; write --model NAMESPACE/NAME of a ModelDeployment`);
  }
  const databaseFolder = environment["DATABASE_FOLDER"] || "/database";
  return { model, databaseFolder, ...read(command, values, rest) };
}

const isCommand = (word: string): word is keyof typeof own => Object.hasOwn(own, word);

function read(
  command: keyof typeof own,
  values: Values,
  files: string[],
): Examples | Review | Import {
  if (files.length !== (command === "import" ? 1 : 0)) {
    throw new Error(
      command === "import"
        ? "Name the one file to import, or - for the standard input"
        : `"${files[0]}" was not expected`,
    );
  }
  if (command === "import") return { command, file: files[0] as string };
  if (command === "review") {
    const below = share("below", values.below ?? "0.6");
    return { command, below, limit: whole("limit", values.limit ?? "100") };
  }
  return { command, ...examples(values) };
}

function examples(values: Values): Omit<Examples, "command"> {
  const { annotator = "", rename = [] } = values;
  if (!/^[0-9a-f]{0,64}$/.test(annotator)) {
    throw new Error(
      `--annotator is "${annotator}"; write the SHA-256 of its file, or how it begins`,
    );
  }
  const limit = values["limit-per-label"];
  return {
    annotator,
    minProbability: probability(values),
    limitPerLabel: limit === undefined ? undefined : whole("limit-per-label", limit),
    renames: Object.fromEntries(rename.map(renamed)),
  };
}

function probability(values: Values): number | undefined {
  const given = values["min-probability"];
  if (values["reviewed-only"]) {
    if (given === undefined) return undefined;
    throw new Error("Write --min-probability or --reviewed-only, not both");
  }
  return share("min-probability", given ?? "0.9");
}

function share(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new Error(`--${name} is "${text}"; write a number from 0 to 1, such as 0.9`);
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`--${name} is "${text}"; write a whole number from 1`);
}

function renamed(text: string): [from: string, to: string] {
  const [, from, to] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (from && to) return [from, to];
  throw new Error(`--rename is "${text}"; write LABEL=LABEL`);
}
