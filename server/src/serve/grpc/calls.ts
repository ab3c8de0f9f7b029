import {
  status as codes,
  type handleUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import { InvalidInput, Refusal } from "../../process/errors.ts";
import type { Logger } from "../../process/log.ts";
import type { ErrorClass, Metrics } from "../service/metrics.ts";
import { traceFields, type TraceFields } from "../tracing/traceparent.ts";
import type { RequestStart, RequestEnd, Tracing } from "../tracing/tracing.ts";
import { unreadable } from "./messages.ts";

/** What an answer may depend on beside the message. */
export interface CallContext {
  /** Whether the client does not wait for the answer any more: cancelled, or past the deadline. */
  isGone: () => boolean;
  /** What the metadata have under a key. */
  header: (key: string) => string | undefined;
}

/** Answers a request, or throws a Refusal. */
export type Answer<Request> = (request: Request, call: CallContext) => object | Promise<object>;

/** What every call is measured and logged with. */
export interface Observers {
  metrics: Metrics;
  log: Logger;
  /** Undefined when tracing is off. */
  tracing?: Tracing | undefined;
  /** The calls that are being answered. */
  open: Set<object>;
}

/** How a call ended. */
interface Outcome {
  code: codes;
  errorClass?: ErrorClass;
  details?: string;
  error?: unknown;
}

type Call = ServerUnaryCall<unknown, object>;

/**
 * The handler of a method with one request and one answer. An unexpected error is logged
 * and not shown.
 */
export function unary(
  method: string,
  answer: Answer<never>,
  { metrics, log, tracing, open }: Observers,
): handleUnaryCall<unknown, object> {
  const respond = async (
    call: Call,
    callback: sendUnaryData<object>,
    fields?: TraceFields,
  ): Promise<codes> => {
    const started = performance.now();
    metrics.inFlight.inc();
    open.add(call);
    const outcome = await attempt(call, callback, answer);
    metrics.inFlight.dec();
    open.delete(call);
    const { code, errorClass, error } = outcome;
    const seconds = (performance.now() - started) / 1000;
    metrics.calls.observe({ method, code: codes[code] }, seconds);
    metrics.traffic.count(method);
    if (errorClass) metrics.errors.inc({ class: errorClass });
    const trace = () => fields ?? traceFields(call.metadata.get("traceparent")[0]);
    if (errorClass === "failed") log.error({ err: error, method, ...trace() }, "Call failed");
    if (log.isLevelEnabled("debug")) {
      log.debug({ method, code: codes[code], seconds, ...trace() }, "Answered a call");
    }
    return code;
  };
  if (!tracing) return (call, callback) => void respond(call, callback);
  return (call, callback) =>
    void tracing.request(requestStart(call), async (fields) =>
      requestEnd(await respond(call, callback, fields)),
    );
}

/** What OpenTelemetry wants to know of a call. */
function requestStart(call: Call): RequestStart {
  const [, service, method] = call.getPath().split("/");
  return {
    name: `${service}/${method}`,
    headers: call.metadata.getMap(),
    attributes: { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method },
  };
}

function requestEnd(code: codes): RequestEnd {
  return { attributes: { "rpc.grpc.status_code": code }, failed: serverErrors.has(code) };
}

/** The codes that the server is to blame for. */
const serverErrors = new Set([codes.INTERNAL, codes.UNAVAILABLE, codes.DEADLINE_EXCEEDED]);

/** Answers a call; never rejects. */
async function attempt(
  call: Call,
  callback: sendUnaryData<object>,
  answer: Answer<never>,
): Promise<Outcome> {
  try {
    if (call.request === unreadable) throw new InvalidInput("The message cannot be read");
    const response = await answer(call.request as never, {
      isGone: () => call.cancelled,
      header: (key) => call.metadata.get(key)[0]?.toString(),
    });
    if (call.cancelled) return aborted(call.getDeadline());
    callback(null, response);
    return { code: codes.OK };
  } catch (error) {
    const outcome = call.cancelled ? aborted(call.getDeadline()) : failure(error);
    callback({ code: outcome.code, details: outcome.details ?? "" });
    return outcome;
  }
}

function aborted(deadline: Date | number): Outcome {
  const isLate = Date.now() >= Number(deadline);
  return { code: isLate ? codes.DEADLINE_EXCEEDED : codes.CANCELLED, errorClass: "aborted" };
}

function failure(error: unknown): Outcome {
  if (!(error instanceof Refusal)) {
    const details = "Internal error; see the server log";
    return { code: codes.INTERNAL, errorClass: "failed", details, error };
  }
  const { status, message: details } = error;
  const code = codesByStatus[status] ?? codes.INVALID_ARGUMENT;
  return { code, errorClass: code === codes.UNAVAILABLE ? "unavailable" : "refused", details };
}

/** What the statuses of refusals are called in gRPC. */
const codesByStatus: Record<number, codes> = {
  400: codes.INVALID_ARGUMENT,
  404: codes.NOT_FOUND,
  413: codes.RESOURCE_EXHAUSTED,
  429: codes.RESOURCE_EXHAUSTED,
  503: codes.UNAVAILABLE,
  504: codes.DEADLINE_EXCEEDED,
};
