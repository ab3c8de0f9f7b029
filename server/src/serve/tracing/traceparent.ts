/** Where a line of the log belongs in a distributed trace. */
export interface TraceFields {
  trace_id: string;
  span_id: string;
}

/**
 * What a request's `traceparent` says; undefined when it is none, or not as
 * https://www.w3.org/TR/trace-context/#traceparent-header wants it.
 */
export function traceFields(traceparent: unknown): TraceFields | undefined {
  if (typeof traceparent !== "string") return undefined;
  const [, version, trace_id, span_id, rest] = pattern.exec(traceparent) ?? [];
  if (!trace_id || !span_id || version === "ff") return undefined;
  // Versions that are not known yet may have more behind the flags.
  if (version === "00" && rest) return undefined;
  return /[^0]/.test(trace_id) && /[^0]/.test(span_id) ? { trace_id, span_id } : undefined;
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
