import type { ModelDeployment, HistoryEntry } from "../api/model-deployment.ts";
import type { Benchmark } from "../benchmark/benchmark.ts";
import type { Stalled, Waiting } from "../diagnosis/errors.ts";
import { nameOf } from "../kube/objects.ts";
import type { KubeObject } from "../kube/resource.ts";
import type { Plan } from "../plan/plan.ts";
import type { Rollout } from "../rollout/rollout.ts";

/** What was done of a plan. */
export interface Outcome {
  /** Objects that the API server has accepted: all that were to be applied, unless one failed. */
  applied: readonly KubeObject[];
  /** Why the rest of the plan was not carried out. */
  error?: Stalled | Waiting | undefined;
  /** Why the Job of the enrichment is not as planned. */
  enrichmentError?: Stalled | Waiting | undefined;
}

/** A plan and what was done of it. */
export interface Attempted {
  model: ModelDeployment;
  plan: Plan;
  outcome: Outcome;
}

/** The plan as far as it was carried out, which is what a status describes. */
export function carriedOut({ model, plan, outcome }: Attempted): Plan {
  const { error } = outcome;
  if (!error) return plan;
  const isMoved = plan.rollout.serving === plan.rollout.current || movedTraffic(model, outcome);
  return {
    ...plan,
    rollout: isMoved ? plan.rollout : beforePromotion(plan.rollout),
    benchmark: isMoved ? begun(model, plan.benchmark, outcome) : lastResult(model),
    history: plan.history.map((entry) => withReport(model, entry, outcome)),
  };
}

/** The Service was written, and with it the revision that receives traffic. */
function movedTraffic({ metadata }: ModelDeployment, { applied }: Outcome): boolean {
  return applied.some((one) => one.kind === "Service" && nameOf(one) === metadata.name);
}

/** The traffic stays with the current revision; the desired one is next to it. */
function beforePromotion(rollout: Rollout): Rollout {
  const { desired, current, refused } = rollout;
  const isBeside = current !== undefined && current !== desired && refused === undefined;
  return { ...rollout, serving: current, candidate: isBeside ? desired : undefined };
}

/** The traffic stayed where it was, and what the status says was measured there. */
function lastResult({ status }: ModelDeployment): Benchmark {
  const { benchmark: figures, measureRequestedAt: requestedAt } = status ?? {};
  return { subject: figures?.subject, figures, requestedAt, activity: { state: "idle" } };
}

/** A measurement whose Job was not created waits for what prevented it. */
function begun(model: ModelDeployment, benchmark: Benchmark, outcome: Outcome): Benchmark {
  const { activity } = benchmark;
  if (activity.state !== "measuring" || !outcome.error) return benchmark;
  const { run } = activity;
  if (run.state !== "starting" || outcome.applied.includes(run.object)) return benchmark;
  const { reason, message } = outcome.error;
  const requestedAt = model.status?.measureRequestedAt;
  return {
    ...benchmark,
    requestedAt,
    activity: { state: "waiting", problem: { reason, message } },
  };
}

/** The entry names its report where there is one: in the status already, or just applied. */
function withReport(
  { status }: ModelDeployment,
  { report, ...entry }: HistoryEntry,
  { applied }: Outcome,
): HistoryEntry {
  if (report === undefined) return entry;
  const isKnown = status?.history?.some(({ job }) => job === entry.job);
  const isApplied = applied.some((one) => one.kind === "ConfigMap" && nameOf(one) === report);
  return isKnown || isApplied ? { ...entry, report } : entry;
}
