import { type Condition, type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type ConditionType, type Problem } from "../api/reasons.ts";
import { retryAnnotation } from "../rollout/attempt.ts";
import { benchmarkAnnotation, latestEntry } from "../benchmark/triggers.ts";
import { Stalled, type Waiting } from "../diagnosis/errors.ts";
import { exposureProblem } from "./exposure.ts";
import { refusalOf } from "../rollout/gate.ts";
import { available, type Observed } from "../state/observed.ts";
import type { Plan } from "../plan/plan.ts";
import { captureVerdict } from "./capturing.ts";
import { progress } from "../diagnosis/progress.ts";
import { scheduleProblem } from "../benchmark/schedule.ts";
import { comparison } from "../benchmark/slo.ts";
import { isOverdue, diagnose } from "../diagnosis/pod-failure.ts";

/** What conditions are made from. */
export interface View {
  model: ModelDeployment;
  observed: Observed;
  plan: Plan;
  /** What kept the plan from being carried out. */
  applyError?: Stalled | Waiting | undefined;
  /** What kept the workers of the enrichment from what the plan has for them. */
  enrichmentError?: Stalled | Waiting | undefined;
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
    function serves({ observed, plan: { rollout, wanted } }) {
      const { serving } = rollout;
      if (serving === undefined || wanted === 0) return undefined;
      const count = available(observed, serving);
      if (count === 0 || count < wanted) return undefined;
      const message = `revision ${serving}: ${count}/${Math.max(count, wanted)} replicas are available`;
      return yes(reasons.Serving, message);
    },
    function scaledToZero({ plan: { rollout, wanted } }) {
      if (rollout.serving === undefined || wanted > 0) return undefined;
      return yes(reasons.ScaledToZero, "scaled to 0 replicas, nothing answers");
    },
    function stalled(view) {
      const problem = stalledProblem(view);
      return problem && no(problem.reason, problem.message);
    },
    function waiting({ applyError }) {
      return applyError && no(applyError.reason, applyError.message);
    },
    function lacksReplicas(view) {
      const problem = replicasProblem(view);
      return problem && no(problem.reason, problem.message);
    },
    function paused({ model }) {
      return model.spec.paused ? no(reasons.Paused, pausedBeforeServing) : undefined;
    },
    function comesUp() {
      return no(reasons.RollingOut, "no revision gets the traffic yet");
    },
  ],

  Reconciling: [
    function paused({ model, plan: { rollout } }) {
      if (!model.spec.paused) return undefined;
      const { desired, serving } = rollout;
      if (desired === serving) return no(reasons.Paused, "spec.paused is true");
      const message = `spec.paused is true; revision ${desired} waits until it is false`;
      return yes(reasons.Paused, message);
    },
    function stalled(view) {
      const problem = stalledProblem(view);
      return problem && no(problem.reason, problem.message);
    },
    function waiting({ applyError }) {
      return applyError && yes(applyError.reason, applyError.message);
    },
    function isMeasured(view) {
      const { candidate } = view.plan.rollout;
      const state = view.plan.gate?.state;
      if (candidate === undefined) return undefined;
      if (state === "queued") {
        const message = `revision ${candidate} waits until another measurement is over`;
        return yes(reasons.Queued, `${message}${meanwhile(view)}`);
      }
      if (state !== "starting" && state !== "measuring") return undefined;
      const message = `revision ${candidate} is being measured before it gets the traffic`;
      return yes(reasons.Measuring, `${message}${meanwhile(view)}`);
    },
    function rollingOut(view) {
      const problem = rolloutProblem(view);
      return problem && yes(reasons.RollingOut, problem.message);
    },
    function lacksReplicas(view) {
      const problem = replicasProblem(view);
      return problem && yes(reasons.ReplicasUnavailable, problem.message);
    },
    function settled() {
      return no(reasons.Settled, "everything is as the spec asks for");
    },
  ],

  Stalled: [
    function stalled(view) {
      const problem = stalledProblem(view);
      return problem && yes(problem.reason, problem.message);
    },
    function noProblem() {
      return no(reasons.NoProblem, "nothing needs a person");
    },
  ],

  Benchmarked: [
    function measured({ plan: { benchmark } }) {
      if (!benchmark.figures) return undefined;
      const { p95, requests, rps, revision } = benchmark.figures;
      const message = `P95 ${p95} over ${requests} requests at ${rps}/s to revision ${revision}`;
      return yes(reasons.Measured, message);
    },
    function unwanted({ plan: { benchmark } }) {
      if (benchmark.activity.state !== "unwanted") return undefined;
      return no(reasons.NotRequested, "spec.benchmark is not set");
    },
    function stale({ model, plan: { benchmark, rollout } }) {
      const { state } = benchmark.activity;
      if (!wasMeasured(model, benchmark.subject) || state === "idle") return undefined;
      const isMeasured = state === "starting" || state === "running";
      const next = `revision ${rollout.serving} is ${isMeasured ? "being measured" : "next"}`;
      return no(reasons.Stale, `what was measured is not what serves; ${next}`);
    },
    function running({ plan: { benchmark, rollout } }) {
      const { state } = benchmark.activity;
      if (state !== "starting" && state !== "running") return undefined;
      return no(reasons.Running, `revision ${rollout.serving} is being measured`);
    },
    function queued({ plan: { benchmark } }) {
      if (benchmark.activity.state !== "queued") return undefined;
      const { others } = benchmark.activity;
      const models = others === 1 ? "another model is" : `${others} other models are`;
      return no(reasons.Queued, `${models} being measured; this one's turn comes`);
    },
    function waiting({ plan: { benchmark } }) {
      if (benchmark.activity.state !== "waiting") return undefined;
      const { reason, message } = benchmark.activity.problem;
      return no(reason, message);
    },
    function invalid({ model, plan: { benchmark } }) {
      const past = benchmark.ended?.past ?? latestEntry(model, benchmark.subject ?? "");
      if (!past || past.outcome === "Valid") return undefined;
      const { name, namespace } = model.metadata;
      const again = `kubectl annotate mdep/${name} -n ${namespace} ${benchmarkAnnotation}=now`;
      const remedy = `there is no figure; to measure again, run: ${again}`;
      return no(past.outcome, `${past.message}; ${remedy}`);
    },
    function idle({ plan: { rollout } }) {
      const next = `revision ${rollout.serving} is next`;
      return no(reasons.Stale, `what was measured is not what serves; ${next}`);
    },
  ],

  WithinSLO: [
    function nothingPromised({ model: { spec } }) {
      if (spec.slo?.p95 !== undefined || spec.slo?.errorRate !== undefined) return undefined;
      return unknown(reasons.NoSLO, "spec.slo promises nothing");
    },
    function notMeasured({ plan: { benchmark } }) {
      if (benchmark.figures) return undefined;
      return unknown(reasons.NotMeasured, "there is no figure that is true for what serves");
    },
    function compared({ model: { spec }, plan: { benchmark } }) {
      if (!benchmark.figures) return undefined;
      const { isMet, message } = comparison(benchmark.figures, spec.slo ?? {});
      return isMet ? yes(reasons.Met, message) : no(reasons.Missed, message);
    },
  ],

  Capturing: [
    function unasked({ model, observed }) {
      if (observed.capture) return undefined;
      return known(model, "Capturing") ?? unknown(reasons.NoAnswer, "no server was asked yet");
    },
    function reported({ model, observed }) {
      return captureVerdict(model, observed);
    },
  ],

  Enriching: [
    function hindered({ enrichmentError }) {
      return enrichmentError && no(enrichmentError.reason, enrichmentError.message);
    },
    function decided({ plan: { enrichment } }) {
      return enrichment.verdict;
    },
    function undecided({ model }) {
      return known(model, "Enriching") ?? unknown(reasons.NoAnswer, "no server was asked yet");
    },
  ],
};

/** What the condition said before. */
function known({ status }: ModelDeployment, type: ConditionType): Verdict | undefined {
  const found = status?.conditions?.find((condition) => condition.type === type);
  return found && { status: found.status, reason: found.reason, message: found.message };
}

/** Whether the spec asks for what a condition is about; the other conditions are always there. */
export function isWanted({ model: { spec } }: View, type: ConditionType): boolean {
  if (type === "Capturing") return spec.capture !== undefined;
  return type !== "Enriching" || spec.enrichment !== undefined;
}

/** The last measurement that came to an end was valid, of something. */
function wasMeasured(model: ModelDeployment, subject = ""): boolean {
  const past = model.status?.history?.filter(({ outcome }) => outcome !== reasons.RevisionChanged);
  return (
    past?.find((one) => one.trigger !== "Gate" || one.subject === subject)?.outcome === "Valid"
  );
}

function yes(reason: string, message: string): Verdict {
  return { status: "True", reason, message };
}

function no(reason: string, message: string): Verdict {
  return { status: "False", reason, message };
}

function unknown(reason: string, message: string): Verdict {
  return { status: "Unknown", reason, message };
}

const pausedBeforeServing = "spec.paused is true and no revision gets the traffic yet";

/** What a person has to change. */
function stalledProblem(view: View): Problem | undefined {
  const found = applyProblem(view) ?? refusal(view) ?? overdue(view) ?? unexposed(view);
  return found && { reason: found.reason, message: `${found.message}${meanwhile(view)}` };
}

function applyProblem({ model, observed, applyError }: View): Problem | undefined {
  if (observed.source.problem) return observed.source.problem;
  if (applyError instanceof Stalled) return applyError;
  const { schedule, timeZone = "UTC" } = model.spec.benchmark ?? {};
  const message = schedule && scheduleProblem(schedule, timeZone);
  return message ? { reason: reasons.InvalidSchedule, message } : undefined;
}

function refusal({ model, plan }: View): Problem | undefined {
  const problem = refusalOf(plan.gate);
  if (!problem) return undefined;
  const { name, namespace } = model.metadata;
  const { reason, message } = problem;
  const retry = `kubectl annotate mdep/${name} -n ${namespace} ${retryAnnotation}="$(date)" --overwrite`;
  const remedy = `change the spec, or try again with: ${retry}`;
  return { reason, message: `revision ${plan.rollout.desired} was refused: ${message}; ${remedy}` };
}

/** Nothing else serves, and the Deployment controller has waited long enough. */
function overdue({ observed, plan: { rollout, wanted } }: View): Problem | undefined {
  const { desired, serving } = rollout;
  if (desired === undefined || desired !== serving || !isOverdue(observed, desired)) {
    return undefined;
  }
  const reason = diagnose(observed, desired)?.reason ?? reasons.ProgressDeadlineExceeded;
  return { reason, message: progress(observed, desired, wanted) };
}

/** How the model is reached comes after what it is: a rollout under way is told of first. */
function unexposed(view: View): Problem | undefined {
  if (rolloutProblem(view) ?? replicasProblem(view)) return undefined;
  return exposureProblem(view.model, view.observed);
}

/** Another revision than the desired one serves. */
function rolloutProblem(view: View): Problem | undefined {
  const { observed, plan } = view;
  const { candidate } = plan.rollout;
  if (candidate === undefined) return undefined;
  const reason = diagnose(observed, candidate)?.reason ?? reasons.RollingOut;
  return { reason, message: `${progress(observed, candidate, plan.needed)}${meanwhile(view)}` };
}

/** The desired revision gets the traffic, with fewer pods than asked for. */
function replicasProblem({ observed, plan }: View): Problem | undefined {
  const { serving } = plan.rollout;
  if (serving === undefined || available(observed, serving) >= plan.wanted) return undefined;
  const reason = diagnose(observed, serving)?.reason ?? reasons.ReplicasUnavailable;
  return { reason, message: progress(observed, serving, plan.wanted) };
}

/** What answers although the current generation does not. */
function meanwhile({ observed, plan: { rollout } }: View): string {
  const { serving, desired } = rollout;
  if (serving === undefined || serving === desired || available(observed, serving) === 0) return "";
  return `; revision ${serving} goes on serving`;
}
