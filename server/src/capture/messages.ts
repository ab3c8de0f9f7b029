import type { CaptureFigures, CaptureState } from "../contract/ops.ts";
import type { Tensors } from "../tensors/tensors.ts";
import type { CaptureConfig } from "./config.ts";

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
export interface WriteResult {
  rows: number;
  bytes: number;
  dropped: Dropped;
}

/** How requests become rows. */
export interface RowSchema {
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

/** Messages to the thread that writes. */
export type WorkerMessage =
  | { kind: "form"; form: RowSchema }
  | { kind: "write"; requests: Captured[] }
  | { kind: "figures" }
  | { kind: "end"; milliseconds: number };

/** Messages from the thread that writes. */
export type WorkerReport =
  | ({ kind: "settled" } & WriteResult)
  | { kind: "state"; state: CaptureState; message: string | undefined }
  | { kind: "securityWarning"; message: string }
  | { kind: "figures"; figures: CaptureFigures | undefined }
  | { kind: "deleted"; requests: number; examples: number };
