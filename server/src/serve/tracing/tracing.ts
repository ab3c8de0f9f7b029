import type { Config } from "../config.ts";
import type { Logger } from "../../process/log.ts";
import type { Batcher } from "../../model/batch.ts";
import type { TraceFields } from "./traceparent.ts";

/** Facts about a span, by the names of OpenTelemetry's semantic conventions. */
export type Attributes = Record<string, string | number | undefined>;

/** What is known of a request when it arrives. */
export interface Arrival {
  name: string;
  /** Header fields or metadata, in lower case; a `traceparent` is among them or not. */
  headers: Record<string, unknown>;
  attributes: Attributes;
}

/** What is known of a request when it was answered. */
export interface Departure {
  /** A better name than the one at its arrival. */
  name?: string | undefined;
  attributes: Attributes;
  /** Whether the server is to blame. */
  failed: boolean;
}

/** Makes spans of requests. */
export interface Tracing {
  /** Runs what answers a request in a span of its own. */
  request: (arrival: Arrival, answer: (fields: TraceFields) => Promise<Departure>) => Promise<void>;
  /** The batcher with spans for the wait and the run within a request. */
  inference: (batcher: Pick<Batcher, "infer">) => Pick<Batcher, "infer">;
  /** Sends what was not sent yet. */
  end: () => Promise<void>;
}

/**
 * Starts tracing; undefined when it is off. Nothing of OpenTelemetry is loaded then, and a request
 * costs nothing more.
 */
export async function startTracing(
  { tracedAs }: Pick<Config, "tracedAs">,
  log: Logger,
): Promise<Tracing | undefined> {
  if (tracedAs === undefined) return undefined;
  try {
    const { openTelemetry } = await import("./opentelemetry.ts");
    return openTelemetry(tracedAs, log);
  } catch (error) {
    // Serving matters more than being watched.
    log.error({ err: error }, "Could not start tracing; are the OTEL_ variables right?");
    return undefined;
  }
}
