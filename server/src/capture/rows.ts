import { hash } from "node:crypto";
import { kinds } from "../tensors/datatypes.ts";
import { toJson } from "../tensors/json.ts";
import { splitRows, type Tensor, type Tensors } from "../tensors/tensors.ts";
import type { Redaction } from "./config.ts";
import type { Captured, Dropped, DropReason, RowSchema } from "./messages.ts";
import { redact } from "./redact.ts";

/** A row as it is written. */
export interface Row {
  /** Of the input as it is kept, in hexadecimal. */
  sha256: string;
  /** Either this or `inputs`. */
  sentence: string | null;
  /** JSON. */
  inputs: string | null;
  /** JSON. */
  answer: string | null;
  at: number;
  microseconds: number | null;
}

/** Most bytes that a row may have. */
export const maxRowBytes = 1024 * 1024;

/** The rows of captured requests, redacted; and those that cannot be kept, by reason. */
export function rowsOf(
  requests: Captured[],
  form: RowSchema,
  wanted: readonly Redaction[],
): { rows: Row[]; dropped: Dropped } {
  const dropped: Dropped = {};
  const drop = (reason: DropReason) => (dropped[reason] = (dropped[reason] ?? 0) + 1);
  const rows = requests.flatMap((request) =>
    unchecked(request, form, (text) => redact(text, wanted)).filter((row) => {
      const reason = invalidReason(row);
      if (reason) drop(reason);
      return !reason;
    }),
  );
  return { rows, dropped };
}

/** How many rows a request with these inputs becomes. */
export function rowCount(inputs: Tensors, { text }: Pick<RowSchema, "text">): number {
  return text === undefined ? 1 : (inputs[text]?.data.length ?? 0);
}

type Clean = (text: string) => string;

function unchecked(request: Captured, form: RowSchema, clean: Clean): Row[] {
  const { inputs, outputs, at, microseconds = null } = request;
  if (form.text === undefined) {
    const kept = list(inputs, clean);
    const answer = outputs ? list(outputs, clean) : null;
    return [{ sha256: sha256(kept), sentence: null, inputs: kept, answer, at, microseconds }];
  }
  const texts = (inputs[form.text]?.data ?? []) as string[];
  const answers = outputs ? answersOf(outputs, texts.length, form, clean) : [];
  return texts.map((text, index) => {
    const sentence = clean(text);
    const answer = answers[index] ?? null;
    return { sha256: sha256(sentence), sentence, inputs: null, answer, at, microseconds };
  });
}

const sha256 = (text: string) => hash("sha256", text, "hex");

/** Tensors as the Open Inference Protocol writes them. */
function list(tensors: Tensors, clean: Clean): string {
  const items = Object.entries(tensors).map(([name, tensor]) =>
    toJson(name, Array.isArray(tensor.data) ? cleaned(tensor, tensor.data, clean) : tensor),
  );
  return JSON.stringify(items);
}

const cleaned = (tensor: Tensor, data: string[], clean: Clean) => ({
  ...tensor,
  data: data.map(clean),
});

/** The answer to each text of a request; none where outputs have not one row for each. */
function answersOf(outputs: Tensors, rows: number, form: RowSchema, clean: Clean): string[] {
  const named = Object.entries(outputs);
  if (rows > 1 && named.some(([, { shape }]) => shape[0] !== rows)) return [];
  const counts = Array.from({ length: rows }, () => 1);
  const parts = named.map(([name, tensor]) => ({
    name,
    rows: rows === 1 ? [tensor] : splitRows(tensor, counts),
  }));
  return counts.map((_, index) => {
    const row = Object.fromEntries(parts.map((part) => [part.name, part.rows[index] as Tensor]));
    return JSON.stringify(classAnswer(row, form) ?? plainAnswer(row, clean));
  });
}

/** The most probable label, and the probability of each. */
function classAnswer(row: Tensors, { classes }: RowSchema): unknown {
  if (!classes) return undefined;
  const data = row[classes.output]?.data;
  if (!data || data.length !== classes.labels.length) return undefined;
  const shares = classes.labels.map((label, index) => [label, Number(data[index])] as const);
  const [best, ...others] = shares;
  if (!best) return undefined;
  const [label, probability] = others.reduce((top, one) => (one[1] > top[1] ? one : top), best);
  return { label, probability, probabilities: Object.fromEntries(shares) };
}

/** The values of each output by its name; a single value stands alone. */
function plainAnswer(row: Tensors, clean: Clean): unknown {
  const named = Object.entries(row).map(([name, tensor]) => {
    const { data } = toJson(name, tensor);
    const values = tensor.datatype === "BYTES" ? (data as string[]).map(clean) : data;
    return [name, values.length === 1 ? values[0] : values];
  });
  return Object.fromEntries(named);
}

/** Why a row cannot be kept. */
function invalidReason({ sentence, inputs, answer }: Row): DropReason | undefined {
  const texts = [sentence, inputs, answer].filter((text) => text !== null);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > maxRowBytes) return "large";
  const isStorable =
    kinds.BYTES.element(sentence ?? "") !== undefined &&
    ![inputs, answer].some((json) => json && refusedEscape.test(json));
  return isStorable ? undefined : "text";
}

/** U+0000 and half a surrogate pair in JSON; not a backslash that happens to stand before such a text. */
const refusedEscape = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;
