import { type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import type { Attempt } from "./attempt.ts";
import { isUnderWay } from "../state/jobs.ts";
import { measuring, type CompletedRun, type Starting } from "../benchmark/run.ts";
import type { Observed } from "../state/observed.ts";
import { progress } from "../diagnosis/progress.ts";
import type { Images } from "../resources/deployment.ts";
import { comparison } from "../benchmark/slo.ts";
import { subject } from "../benchmark/subject.ts";
import { diagnose } from "../diagnosis/pod-failure.ts";
import { hasWorkers } from "../state/jobs.ts";

/** Whether a revision may take over from the serving one. */
export type Gate =
  /** Its pods are not all there, or the attempt has not begun yet. */
  | { state: "waiting" }
  /**
   * Others are being measured and would be disturbed. With 0 others it is the serving revision that
   * is being measured, or its enrichment has workers that are about to end.
   */
  | { state: "queued"; others: number }
  | Starting
  | { state: "measuring"; job: string }
  /** It was measured and keeps the SLO, and lacks a pod since. */
  | { state: "completing"; ended: CompletedRun }
  /** Where it was measured before, with what result. */
  | { state: "open"; ended?: CompletedRun }
  /** Just decided; nothing is taken away before the status says so. */
  | { state: "refusing"; problem: Problem; ended?: CompletedRun }
  | { state: "refused"; problem: Problem };

/** Why a revision gets no traffic; undefined while that is open. */
export function refusalOf(gate: Gate | undefined): Problem | undefined {
  return gate?.state === "refusing" || gate?.state === "refused" ? gate.problem : undefined;
}

/** The Job that measures the candidate, or just did. */
export function gateJob(gate: Gate | undefined): string | undefined {
  if (gate?.state === "starting" || gate?.state === "measuring") return gate.job;
  return completedRunOf(gate)?.past.job;
}

/** The run that decided it, where there was one. */
export function completedRunOf(gate: Gate | undefined): CompletedRun | undefined {
  return gate && "ended" in gate ? gate.ended : undefined;
}

/** Whether nothing may disturb the model, because the candidate is measured, or is next. */
export function needsExclusivePods(gate: Gate | undefined): boolean {
  if (gate?.state === "queued") return gate.others === 0;
  return gate?.state === "starting" || gate?.state === "measuring";
}

/** What to decide on. */
export interface GateInput {
  model: ModelDeployment;
  observed: Observed;
  /** The revision that wants the traffic. */
  revision: string;
  attempt: Attempt;
  /** How many available pods it needs. */
  needed: number;
  /** Whether it has them. */
  complete: boolean;
  images: Images;
  /** How many models may be measured at once. */
  benchmarkConcurrency: number;
  now: Date;
}

/**
 * Decides whether a revision may take over. It is refused when it does not become ready in time,
 * and, behind a gate, when its measurement misses the SLO or is not valid. A refusal stands until a
 * new attempt begins.
 */
export function gate(input: GateInput): Gate {
  const { attempt, complete } = input;
  if (attempt.refusal) return { state: "refused", problem: attempt.refusal };
  const measurement = isMeasured(input) ? measured(input) : undefined;
  if (measurement?.state === "open" && measurement.ended && !complete) {
    return { state: "completing", ended: measurement.ended };
  }
  // A pod that fails for a moment does not end a measurement; the figures show it.
  if (measurement && measurement.state !== "starting") return measurement;
  if (!complete) return isLate(input) ? refusing(lateness(input)) : { state: "waiting" };
  return measurement ? whenFree(measurement, input) : { state: "open" };
}

function whenFree(starting: Gate, { observed, benchmarkConcurrency }: GateInput): Gate {
  const { othersMeasured } = observed;
  // Two generators of one model would measure each other.
  if (isUnderWay(observed)) return { state: "queued", others: 0 };
  if (othersMeasured >= benchmarkConcurrency) return { state: "queued", others: othersMeasured };
  return hasWorkers(observed) ? { state: "queued", others: 0 } : starting;
}

/** Behind no gate ready is enough, and no pods cannot be measured. */
function isMeasured({ model: { spec }, needed }: GateInput): boolean {
  return spec.rollout.gate === "SLO" && spec.benchmark !== undefined && needed > 0;
}

function measured(input: GateInput): Gate {
  const { model, revision, attempt } = input;
  const { benchmark, slo = {} } = model.spec;
  const { since } = attempt;
  if (since === undefined || !benchmark) return { state: "waiting" };
  const key = subject(model, benchmark, revision);
  const run = measuring(input, { subject: key, revision, trigger: "Gate", since, due: since });
  if (run.state === "running") return { state: "measuring", job: run.job };
  if (run.state === "starting") return run;
  const { ended } = run;
  if (!ended.figures) return refusing(failureOf(ended), ended);
  const { isMet, message } = comparison(ended.figures, slo);
  return isMet ? { state: "open", ended } : refusing({ reason: reasons.SLOMissed, message }, ended);
}

function failureOf({ past: { outcome, message = "" } }: CompletedRun): Problem {
  return { reason: outcome, message };
}

function isLate({ attempt, now }: GateInput): boolean {
  return now.getTime() >= attempt.deadline;
}

/** What keeps the pods from becoming ready, in their own words. */
function lateness({ model, observed, revision, needed }: GateInput): Problem {
  return {
    reason: diagnose(observed, revision)?.reason ?? reasons.ProgressDeadlineExceeded,
    message: `not ready within ${model.spec.rollout.deadline}: ${progress(observed, revision, needed)}`,
  };
}

function refusing(problem: Problem, ended?: CompletedRun): Gate {
  return { state: "refusing", problem, ...(ended && { ended }) };
}
