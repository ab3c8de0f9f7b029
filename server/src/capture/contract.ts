import type { TroubleReason } from "../database/trouble.ts";
import type { Tensors } from "../tensors/tensors.ts";

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
  /** CAPTURE_RETENTION_SECONDS: what was not seen for longer is deleted; kept for ever unless set. */
  retentionSeconds: number | undefined;
  /** CAPTURE_REDACT: everything that there is by default; `none` to keep texts as they are. */
  redact: Redaction[];
  /** DATABASE_FOLDER: has `uri` and perhaps `ca.crt`, `/database` by default. */
  databaseFolder: string;
}

/** How it stands with the database, as a word for programs. */
export type CaptureState = "Starting" | "Connected" | TroubleReason;

/** Why a row was not written. */
export const dropReasons = {
  /** More was captured than could be written, and there was no room left. */
  full: "there was no room left, for the database is away or too slow",
  /** It has more bytes than a row may have. */
  large: "they are larger than 1 MiB",
  /** A text that PostgreSQL cannot store. */
  text: "they have characters that PostgreSQL cannot store",
  /** The database refuses just this row. */
  refused: "the database refuses them",
  /** The server ended before it was written. */
  ending: "the server ended before the database took them",
  /** A fault of the server itself. */
  failed: "the server failed at them",
} as const;
export type DropReason = keyof typeof dropReasons;

/** Dropped rows by reason. */
export type Dropped = Partial<Record<DropReason, number>>;

/** An annotating model and how far it is. */
export interface AnnotatorFigures {
  sha256: string;
  /** It is the one at work; all others were before it. */
  active: boolean;
  enriched: number;
  /** What is left for it to do. */
  pending: number;
  /** Rows per second over the last minute. */
  rate: number;
}

/** What the database says about a model. */
export interface Figures {
  captured: number;
  sentences: number;
  annotators: AnnotatorFigures[];
}

/** The answer to `GET /capture`; figures that are not known are left out. */
export interface CaptureStatus extends Partial<Figures> {
  state: CaptureState;
  /** What a person should know of the state. */
  message?: string | undefined;
  /** Rows that this server did not write. */
  dropped: number;
}

/** A request that was answered. */
export interface Captured {
  inputs: Tensors;
  /** Undefined when answers are not kept. */
  outputs: Tensors | undefined;
  /** When it came, in milliseconds since 1970. */
  at: number;
  /** How long its answer took; undefined when that is not kept. */
  microseconds: number | undefined;
  /** Whether it may be written; what may not has cost nearly as much when it is thrown away. */
  isKept: boolean;
  /** How many rows it becomes in the database. */
  rows: number;
  /** How much of the room it takes. */
  bytes: number;
}

/** Captured rows that are dealt with: written, but for those that were dropped. */
export interface Settled {
  rows: number;
  bytes: number;
  dropped: Dropped;
}

/** How requests become rows. */
export interface RowForm {
  /** The one input of a model of texts, of which each is a row; undefined for other models. */
  text: string | undefined;
  /** The output with a probability for each label, where the model is a classifier. */
  classes: { output: string; labels: string[] } | undefined;
  /** SHA-256 of the model. */
  sha256: string;
}

/** What the thread that writes works with. */
export type WriterOptions = Pick<
  CaptureConfig,
  "model" | "retentionSeconds" | "redact" | "databaseFolder"
>;

/** What the thread is told. */
export type Order =
  | { kind: "form"; form: RowForm }
  | { kind: "write"; requests: Captured[] }
  | { kind: "figures" }
  | { kind: "end"; milliseconds: number };

/** What the thread tells. */
export type Report =
  | ({ kind: "settled" } & Settled)
  | { kind: "state"; state: CaptureState; message: string | undefined }
  | { kind: "weakness"; message: string }
  | { kind: "figures"; figures: Figures | undefined }
  | { kind: "deleted"; requests: number; examples: number };
