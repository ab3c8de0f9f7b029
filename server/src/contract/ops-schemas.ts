/**
 * Reads what the server answers on its ops port. Server and operator may be of different releases,
 * so fields are only ever added, and a reader leaves out what it cannot use.
 */
import * as v from "valibot";
import { captureStates, type AnnotatorProgress, type CaptureStatus } from "./ops.ts";
import { problem, shortText } from "./problem.ts";

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

/** A field that is left out where it is missing or cannot be used. */
const optional = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.fallback(v.optional(schema), undefined);

/** The items of a list that can be used, as many as there may be. */
const usable = <Schema extends v.GenericSchema>(item: Schema, most: number) =>
  v.pipe(
    v.array(v.unknown()),
    v.transform((items) =>
      items.slice(0, most).flatMap((value): v.InferOutput<Schema>[] => {
        const { success, output } = v.safeParse(item, value);
        return success ? [output] : [];
      }),
    ),
  );

/** The body of `GET /readyz` with the status 503. */
export const notReady = problem;

const tensors = v.pipe(
  v.array(
    v.object({
      name: v.string(),
      datatype: v.string(),
      /** Size of each dimension; -1 for any. */
      shape: v.array(v.pipe(v.number(), v.safeInteger())),
    }),
  ),
  v.check((list) => new Set(list.map(({ name }) => name)).size === list.length),
);

/** Most labels that are read. */
const mostLabels = 100;

/** `GET /model`: what only the server knows of the model that it has loaded. */
export const modelStatus = v.object({
  sha256: digest,
  inputs: tensors,
  outputs: tensors,
  sizeBytes: optional(count),
  /** Version of the standard ONNX operators that it uses. */
  opset: optional(count),
  /** The classes of a classifier, in the order of their probabilities. */
  labels: optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.maxLength(256))),
      v.transform((labels) => labels.slice(0, mostLabels)),
    ),
  ),
  loadSeconds: optional(amount),
  warmUpSeconds: optional(amount),
  /** Bytes: when the model had been loaded and warmed up, and the most so far. */
  memory: optional(v.object({ atRest: optional(count), peak: optional(count) })),
  /** The processor's name. */
  node: optional(v.object({ cpu: shortText })),
});
export type ModelStatus = v.InferOutput<typeof modelStatus>;

/** `GET /traffic`: how many requests a server answers. */
export const trafficStatus = v.object({
  /** Requests that were answered, without those that ask about the server itself. */
  requests: count,
  uptimeSeconds: amount,
});
export type TrafficStatus = v.InferOutput<typeof trafficStatus>;

/** Reads an `AnnotatorProgress`. */
const annotatorProgress = v.object({
  sha256: digest,
  enriched: count,
  pending: count,
  rate: v.fallback(amount, 0),
  active: optional(v.boolean()),
}) satisfies v.GenericSchema<unknown, AnnotatorProgress>;

/** Reads a `CaptureStatus`. */
export const captureStatus = v.object({
  state: v.picklist(captureStates),
  message: optional(shortText),
  captured: optional(count),
  sentences: optional(count),
  dropped: optional(count),
  annotators: v.fallback(v.optional(usable(annotatorProgress, 100), []), []),
}) satisfies v.GenericSchema<unknown, Partial<CaptureStatus>>;
