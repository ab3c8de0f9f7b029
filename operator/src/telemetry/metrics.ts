import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Answer } from "../kube/api.ts";
import { modelMetrics } from "./model-metrics.ts";
import { conditionOf } from "../api/model-deployment.ts";

const reconcileResults = ["done", "waiting", "stalled", "error"] as const;

/** How a pass can end. */
export type ReconcileResult = (typeof reconcileResults)[number];

/** What holds at the time of a scrape. */
export interface Snapshot {
  /** ModelDeployments that wait for a pass. */
  queueDepth: number;
  isLeader: boolean;
  models: ModelDeployment[];
}

/** The operator's own metrics and those of the models, in a registry of their own. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #reconciled = new Counter({
    name: "intendant_reconcile_total",
    help: "Passes over a ModelDeployment, by how they ended",
    labelNames: ["result"],
    registers: [this.#registry],
  });
  readonly #calls = new Counter({
    name: "intendant_api_calls_total",
    help: "Answers of the API server, by method, resource and HTTP status",
    labelNames: ["method", "resource", "status"],
    registers: [this.#registry],
  });
  readonly #duration = new Histogram({
    name: "intendant_reconcile_duration_seconds",
    help: "Duration of one pass",
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.#registry],
  });
  readonly #queueDepth = new Gauge({
    name: "intendant_queue_depth",
    help: "ModelDeployments that wait for a pass",
    registers: [this.#registry],
  });
  readonly #leader = new Gauge({
    name: "intendant_leader",
    help: "1 when this replica of the operator is the one that acts",
    registers: [this.#registry],
  });
  readonly #models = new Gauge({
    name: "intendant_models",
    help: "ModelDeployments, by the status of their condition Ready",
    labelNames: ["ready"],
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    for (const result of reconcileResults) this.#reconciled.inc({ result }, 0);
  }

  /** The media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts one pass and its duration in seconds. */
  reconciled(result: ReconcileResult, seconds: number): void {
    this.#reconciled.inc({ result });
    this.#duration.observe(seconds);
  }

  /** Counts one answer of the API server. */
  answered({ method, resource, status }: Answer): void {
    this.#calls.inc({ method, resource, status });
  }

  /** All metrics, as text for Prometheus. */
  async text({ queueDepth, isLeader, models }: Snapshot): Promise<string> {
    this.#queueDepth.set(queueDepth);
    this.#leader.set(isLeader ? 1 : 0);
    const readiness = models.map(({ status }) => conditionOf(status, "Ready")?.status);
    for (const ready of ["True", "False", "Unknown"]) {
      const count = readiness.filter((is = "Unknown") => is === ready).length;
      this.#models.set({ ready }, count);
    }
    return (await this.#registry.metrics()) + (await modelMetrics(models));
  }
}
