import { setTimeout as wait } from "node:timers/promises";
import {
  context,
  createContextKey,
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Tracer,
} from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import type { Logger } from "../../process/log.ts";
import type { JobRun } from "../../model/queue.ts";
import type { RequestStart, RequestEnd, Tracing } from "./tracing.ts";
import type { TraceFields } from "./traceparent.ts";

/** Milliseconds that the end of the process waits for a collector. */
const longestFlushMs = 3000;

/** Milliseconds to add to performance.now() for the time of day, as a request's spans see it. */
const offsetKey = createContextKey("offset");

/** Tracing with OpenTelemetry, which reads the OTEL_ variables itself. */
export function openTelemetry(serviceName: string, log: Logger): Tracing {
  // Metrics and logs go other ways.
  const sdk = new NodeSDK({ serviceName, metricReaders: [], logRecordProcessors: [] });
  diag.setLogger(diagnostics(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  sdk.start();
  const tracer = trace.getTracer("intendant");
  return {
    request: async (requestStart, answer) => request(tracer, requestStart, answer),
    inference: (batcher) => ({
      infer: async (inputs, outputs, isGone) =>
        batcher.infer(inputs, outputs, isGone, runSpans(tracer)),
    }),
    end: () => flush(sdk, log),
  };
}

async function flush(sdk: NodeSDK, log: Logger): Promise<void> {
  const late = wait(longestFlushMs, undefined, { ref: false }).then(() => {
    throw new Error(`The collector took longer than ${longestFlushMs} ms`);
  });
  try {
    await Promise.race([sdk.shutdown(), late]);
  } catch (error) {
    log.warn({ err: error }, "Could not send the last spans");
  }
}

async function request(
  tracer: Tracer,
  { name, headers, attributes }: RequestStart,
  answer: (fields: TraceFields) => Promise<RequestEnd>,
): Promise<void> {
  const offset = Date.now() - performance.now();
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  const startTime = offset + performance.now();
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, startTime }, parent);
  const { traceId, spanId } = span.spanContext();
  const within = trace.setSpan(parent, span).setValue(offsetKey, offset);
  try {
    const fields = { trace_id: traceId, span_id: spanId };
    const requestEnd = await context.with(within, async () => answer(fields));
    span.setAttributes(requestEnd.attributes);
    if (requestEnd.name) span.updateName(requestEnd.name);
    if (requestEnd.failed) span.setStatus({ code: SpanStatusCode.ERROR });
  } finally {
    span.end(offset + performance.now());
  }
}

/** Makes spans, within the request at hand, of what the batcher tells of it. */
function runSpans(tracer: Tracer): ((run: JobRun) => void) | undefined {
  const within: Context = context.active();
  const offset = within.getValue(offsetKey) as number | undefined;
  if (offset === undefined || !trace.getSpan(within)?.isRecording()) return undefined;
  const time = (seconds: number) => offset + 1000 * seconds;
  return ({ arrived, started, ended, rows, requests }) => {
    const waited = tracer.startSpan("queue", { startTime: time(arrived) }, within);
    waited.end(time(started));
    const attributes = { "intendant.batch.rows": rows, "intendant.batch.requests": requests };
    const ran = tracer.startSpan("inference", { startTime: time(started), attributes }, within);
    ran.end(time(ended));
  };
}

/** What OpenTelemetry has to say, such as that a collector cannot be reached. */
function diagnostics(log: Logger): Parameters<typeof diag.setLogger>[0] {
  const say = (message: string, ...rest: unknown[]) => {
    log.warn({ details: rest.length > 0 ? rest : undefined }, `OpenTelemetry: ${message}`);
  };
  const nothing = () => {};
  return { error: say, warn: say, info: nothing, debug: nothing, verbose: nothing };
}
