import {
  reasons,
  type Condition,
  type ConditionType,
  type Finding,
  type ModelDeployment,
} from "./api.ts";
import { Stalled, type Waiting } from "./errors.ts";
import { available, type Observed } from "./observed.ts";
import type { Plan } from "./plan.ts";
import { comparison } from "./slo.ts";
import { isOverdue, trouble } from "./trouble.ts";

/** What conditions are made from. */
export interface View {
  model: ModelDeployment;
  observed: Observed;
  plan: Plan;
  /** What kept the plan from being carried out. */
  hindrance?: Stalled | Waiting | undefined;
}

/** What a condition says. */
export type Verdict = Pick<Condition, "status" | "reason" | "message">;

/** Looks at one thing; the first check of a condition that finds something decides it. */
type Check = (view: View) => Verdict | undefined;

/** What the condition of a type says. */
export function verdict(view: View, type: ConditionType): Verdict {
  for (const check of checks[type]) {
    const found = check(view);
    if (found) return found;
  }
  throw new Error(`No check of condition ${type} found anything`);
}

const checks: Record<ConditionType, Check[]> = {
  Ready: [
    function stalled(view) {
      const finding = stalledFinding(view);
      return finding && no(finding.reason, `${finding.message}${meanwhile(view)}`);
    },
    function waiting(view) {
      const { hindrance } = view;
      return hindrance && no(hindrance.reason, `${hindrance.message}${meanwhile(view)}`);
    },
    function rollingOut(view) {
      const finding = rolloutFinding(view);
      return finding && no(finding.reason, finding.message);
    },
    function lacksReplicas(view) {
      const finding = replicasFinding(view);
      return finding && no(finding.reason, finding.message);
    },
    function scaledToZero({ plan }) {
      if (plan.wanted > 0) return undefined;
      return yes(reasons.ScaledToZero, "scaled to 0 replicas, nothing answers");
    },
    function serves({ observed, plan: { rollout, wanted } }) {
      const count = available(observed, rollout.serving ?? "");
      const message = `revision ${rollout.serving}: ${count}/${Math.max(count, wanted)} replicas are available`;
      return yes(reasons.Serving, message);
    },
  ],

  Reconciling: [
    function stalled(view) {
      const finding = stalledFinding(view);
      return finding && no(finding.reason, finding.message);
    },
    function waiting({ hindrance }) {
      return hindrance && yes(hindrance.reason, hindrance.message);
    },
    function rollingOut(view) {
      const finding = rolloutFinding(view);
      return finding && yes(reasons.RollingOut, finding.message);
    },
    function lacksReplicas(view) {
      const finding = replicasFinding(view);
      return finding && yes(reasons.ReplicasUnavailable, finding.message);
    },
    function settled() {
      return no(reasons.Settled, "everything is as the spec asks for");
    },
  ],

  Stalled: [
    function stalled(view) {
      const finding = stalledFinding(view);
      return finding && yes(finding.reason, finding.message);
    },
    function noProblem() {
      return no(reasons.NoProblem, "nothing needs a person");
    },
  ],

  Benchmarked: [
    function measured({ plan: { benchmark } }) {
      if (benchmark.state !== "measured") return undefined;
      const { p95, requests, rps, revision } = benchmark.figures;
      const message = `P95 ${p95} over ${requests} requests at ${rps}/s to revision ${revision}`;
      return yes(reasons.Measured, message);
    },
    function invalid({ model, plan: { benchmark } }) {
      if (benchmark.state !== "invalid") return undefined;
      const again = `kubectl delete job -n ${model.metadata.namespace} ${benchmark.job}`;
      const { reason, message } = benchmark.finding;
      return no(reason, `${message}; there is no figure; to measure again, run: ${again}`);
    },
    function unwanted({ plan: { benchmark } }) {
      if (benchmark.state !== "unwanted") return undefined;
      return no(reasons.NotRequested, "spec.benchmark is not set");
    },
    function stale({ model, plan: { rollout } }) {
      const before = model.status?.conditions?.find(({ type }) => type === "Benchmarked")?.reason;
      if (before !== reasons.Measured && before !== reasons.Stale) return undefined;
      const message = `what was measured is not what serves; revision ${rollout.serving} is next`;
      return no(reasons.Stale, message);
    },
    function waiting({ plan: { benchmark } }) {
      if (benchmark.state !== "waiting") return undefined;
      return no(reasons.Waiting, "measured as soon as one revision serves with all its replicas");
    },
    function running({ plan: { rollout } }) {
      return no(reasons.Running, `revision ${rollout.serving} is being measured`);
    },
  ],

  WithinSLO: [
    function nothingPromised({ model: { spec } }) {
      if (spec.slo?.p95 !== undefined || spec.slo?.errorRate !== undefined) return undefined;
      return unknown(reasons.NoSLO, "spec.slo promises nothing");
    },
    function notMeasured({ plan: { benchmark } }) {
      if (benchmark.state === "measured") return undefined;
      return unknown(reasons.NotMeasured, "there is no figure that is true for what serves");
    },
    function compared({ model: { spec }, plan: { benchmark } }) {
      if (benchmark.state !== "measured") return undefined;
      const { isMet, message } = comparison(benchmark.figures, spec.slo ?? {});
      return isMet ? yes(reasons.Met, message) : no(reasons.Missed, message);
    },
  ],
};

function yes(reason: string, message: string): Verdict {
  return { status: "True", reason, message };
}

function no(reason: string, message: string): Verdict {
  return { status: "False", reason, message };
}

function unknown(reason: string, message: string): Verdict {
  return { status: "Unknown", reason, message };
}

/** What a person has to change. */
function stalledFinding({ observed, plan, hindrance }: View): Finding | undefined {
  if (observed.source.problem) return observed.source.problem;
  if (hindrance instanceof Stalled) return hindrance;
  const { desired } = plan.rollout;
  if (desired === undefined || !isOverdue(observed, desired)) return undefined;
  const cause = trouble(observed, desired);
  const reason = cause?.reason ?? reasons.ProgressDeadlineExceeded;
  return { reason, message: progress(observed, desired, plan.wanted) };
}

/** Another revision than the desired one serves. */
function rolloutFinding(view: View): Finding | undefined {
  const { observed, plan } = view;
  const { candidate } = plan.rollout;
  if (candidate === undefined) return undefined;
  const reason = trouble(observed, candidate)?.reason ?? reasons.RollingOut;
  return { reason, message: `${progress(observed, candidate, plan.wanted)}${meanwhile(view)}` };
}

/** The desired revision gets the traffic, with fewer pods than asked for. */
function replicasFinding({ observed, plan }: View): Finding | undefined {
  const { serving } = plan.rollout;
  if (serving === undefined || available(observed, serving) >= plan.wanted) return undefined;
  const reason = trouble(observed, serving)?.reason ?? reasons.ReplicasUnavailable;
  return { reason, message: progress(observed, serving, plan.wanted) };
}

function progress(observed: Observed, revision: string, wanted: number): string {
  const cause = trouble(observed, revision);
  const count = `${available(observed, revision)}/${wanted} replicas are available`;
  return `revision ${revision}: ${count}${cause ? `: ${cause.message}` : ""}`;
}

/** What answers although the current generation does not. */
function meanwhile({ observed, plan: { rollout } }: View): string {
  const { serving } = rollout;
  if (serving === undefined || available(observed, serving) === 0) return "";
  return `; revision ${serving} goes on serving`;
}
