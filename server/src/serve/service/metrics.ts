import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { Traffic } from "./traffic.ts";

const seconds = [
  0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1, 2, 4, 8,
];

/** What a server counts, in a registry of its own. */
export type Metrics = ReturnType<typeof createMetrics>;

/** The metrics of one server and of its process. Label values are from fixed sets. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 });
  return {
    registry,
    traffic: new Traffic(),
    requests: new Histogram({
      name: "intendant_server_request_duration_seconds",
      help: "Time from a request's head to its answer, by method, route and status",
      labelNames: ["method", "route", "code"],
      buckets: seconds,
      registers,
    }),
    calls: new Histogram({
      name: "intendant_server_grpc_request_duration_seconds",
      help: "Time from a gRPC call's message to its answer, by method and status code",
      labelNames: ["method", "code"],
      buckets: seconds,
      registers,
    }),
    inFlight: new Gauge({
      name: "intendant_server_requests_in_flight",
      help: "Requests that are being answered",
      registers,
    }),
    errors: new Counter({
      name: "intendant_server_errors_total",
      help: "Requests not answered with success: refused (4xx), unavailable (503), failed (500), aborted by the client",
      labelNames: ["class"],
      registers,
    }),
    queueWait: new Histogram({
      name: "intendant_server_queue_wait_seconds",
      help: "Time a request waited for its run of the model",
      buckets: [0.00005, 0.0001, ...seconds],
      registers,
    }),
    refusals: new Counter({
      name: "intendant_server_refusals_total",
      help: "Requests answered 503 for the sake of the others: too many or too large ones waited (full), the wait would have been too long (wait) or was (late)",
      labelNames: ["reason"],
      registers,
    }),
    batchRows: new Histogram({
      name: "intendant_server_batch_rows",
      help: "Rows that one run of the model computed",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    inference: new Histogram({
      name: "intendant_server_inference_duration_seconds",
      help: "Time one run of the model took",
      buckets: [0.00005, 0.0001, ...seconds],
      registers,
    }),
  };
}

/** Why a request was not answered with success. */
export type ErrorClass = "refused" | "unavailable" | "failed" | "aborted";
