import {
  capturedModel,
  readDatabaseFolder,
  readNumber,
  type Variable,
} from "../process/environment.ts";

/** What is kept beside the input. */
export const fields = ["Answer", "Duration"] as const;
export type Field = (typeof fields)[number];

/** What is taken out of texts before anything is written, in the order in which it is done. */
export const redactions = ["EmailAddresses", "CardNumbers", "PhoneNumbers"] as const;
export type Redaction = (typeof redactions)[number];

/** What is captured, and where it goes. */
export interface CaptureConfig {
  /** CAPTURE_MODEL: namespace and name of the ModelDeployment; capture is on when it is set. */
  model: string;
  /** CAPTURE_SAMPLE: share of the requests, above 0 and up to 1, which is the default. */
  sample: number;
  /** CAPTURE_FIELDS: `Answer` and `Duration` by default; `none` for neither. */
  fields: Field[];
  /** CAPTURE_RETENTION_SECONDS: what was not seen for longer is deleted; nothing is deleted unless set. */
  retentionSeconds: number | undefined;
  /** CAPTURE_REDACT: everything that there is by default; `none` to keep texts as they are. */
  redact: Redaction[];
  /** DATABASE_FOLDER: has `uri` and perhaps `ca.crt`, `/database` by default. */
  databaseFolder: string;
}

/**
 * Reads what is to be captured; undefined when nothing is. Throws with a sentence on the first
 * setting that cannot be used.
 *
 * @param variable gives a variable that is set and not empty
 */
export function readCaptureConfig(variable: Variable): CaptureConfig | undefined {
  const model = capturedModel(variable);
  if (model === undefined) return undefined;
  return {
    model,
    sample: share(variable("CAPTURE_SAMPLE") ?? "1"),
    fields: list("CAPTURE_FIELDS", fields, variable("CAPTURE_FIELDS")),
    retentionSeconds: retention(variable),
    redact: list("CAPTURE_REDACT", redactions, variable("CAPTURE_REDACT")),
    databaseFolder: readDatabaseFolder(variable),
  };
}

function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new Error(`CAPTURE_SAMPLE is "${text}"; write a number above 0 and up to 1, such as 0.1`);
}

/** From an hour to ten years; undefined where nothing is deleted. */
function retention(variable: Variable): number | undefined {
  const name = "CAPTURE_RETENTION_SECONDS";
  if (variable(name) === undefined) return undefined;
  return readNumber(variable, name, NaN, { least: 3600, most: 315_360_000 });
}

/** Words with commas between them; all that there are unless it is set, and none for `none`. */
function list<Word extends string>(
  name: string,
  known: readonly Word[],
  text: string | undefined,
): Word[] {
  if (text === undefined) return [...known];
  if (text === "none") return [];
  const words = text.split(",").map((word) => word.trim());
  const unknown = words.find((word) => !known.includes(word as Word));
  if (unknown === undefined) return known.filter((word) => words.includes(word));
  throw new Error(`${name} has "${unknown}"; write some of ${known.join(",")}, or none`);
}
