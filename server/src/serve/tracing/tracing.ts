import type { Inference } from "../../model/batch.ts";
import type { TraceFields } from "./traceparent.ts";

/** Facts about a span, by the names of OpenTelemetry's semantic conventions. */
export type Attributes = Record<string, string | number | undefined>;

/** What is known of a request when it arrives. */
export interface RequestStart {
  name: string;
  /** Header fields or metadata, in lower case; a `traceparent` is among them or not. */
  headers: Record<string, unknown>;
  attributes: Attributes;
}

/** What is known of a request when it was answered. */
export interface RequestEnd {
  /** A better name than the one at its arrival. */
  name?: string | undefined;
  attributes: Attributes;
  /** Whether the server is to blame. */
  failed: boolean;
}

/** Makes spans of requests. */
export interface Tracing {
  /** Runs what answers a request in a span of its own. */
  request: (
    requestStart: RequestStart,
    answer: (fields: TraceFields) => Promise<RequestEnd>,
  ) => Promise<void>;
  /** The batcher with spans for the wait and the run within a request. */
  inference: (batcher: Inference) => Inference;
  /** Sends what was not sent yet. */
  end: () => Promise<void>;
}
