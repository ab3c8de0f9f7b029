import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Answer } from "../kube/api.ts";
import { modelMetrics } from "./model-metrics.ts";
import { conditionOf } from "../api/model-deployment.ts";

/** How a pass can end. */
export type ReconcileResult = "done" | "waiting" | "stalled" | "error";

/** What is the case at the time of a scrape. */
export interface Snapshot {
  /** ModelDeployments that wait for a pass. */
  queueDepth: number;
  isLeader: boolean;
  models: ModelDeployment[];
}

/** The operator's own figures, and those of the models. */
export interface Metrics {
  /** Counts one pass and its duration in seconds. */
  reconciled(result: ReconcileResult, seconds: number): void;
  /** Counts one answer of the API server. */
  answered(answer: Answer): void;
  /** Text for Prometheus. */
  text(snapshot: Snapshot): Promise<string>;
  readonly contentType: string;
}

/** Metrics in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const total = new Counter({
    name: "intendant_reconcile_total",
    help: "Passes over a ModelDeployment, by how they ended",
    labelNames: ["result"],
    registers,
  });
  const calls = new Counter({
    name: "intendant_api_calls_total",
    help: "Answers of the API server, by method, resource and HTTP status",
    labelNames: ["method", "resource", "status"],
    registers,
  });
  const duration = new Histogram({
    name: "intendant_reconcile_duration_seconds",
    help: "Duration of one pass",
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const depth = new Gauge({
    name: "intendant_queue_depth",
    help: "ModelDeployments that wait for a pass",
    registers,
  });
  const leader = new Gauge({
    name: "intendant_leader",
    help: "1 when this replica of the operator is the one that acts",
    registers,
  });
  const readyModels = new Gauge({
    name: "intendant_models",
    help: "ModelDeployments, by the status of their condition Ready",
    labelNames: ["ready"],
    registers,
  });
  for (const result of ["done", "waiting", "stalled", "error"]) total.inc({ result }, 0);

  return {
    reconciled(result, seconds) {
      total.inc({ result });
      duration.observe(seconds);
    },
    answered({ method, resource, status }) {
      calls.inc({ method, resource, status });
    },
    async text({ queueDepth, isLeader, models }) {
      depth.set(queueDepth);
      leader.set(isLeader ? 1 : 0);
      const readiness = models.map(({ status }) => conditionOf(status, "Ready")?.status);
      for (const ready of ["True", "False", "Unknown"]) {
        readyModels.set({ ready }, readiness.filter((is = "Unknown") => is === ready).length);
      }
      return (await registry.metrics()) + (await modelMetrics(models));
    },
    contentType: registry.contentType,
  };
}
