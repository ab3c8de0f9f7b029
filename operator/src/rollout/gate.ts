import { type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import type { Attempt } from "./attempt.ts";
import { isUnderWay } from "../state/jobs.ts";
import { runState, type BenchmarkRun, type Blocker, type CompletedRun } from "../benchmark/run.ts";
import type { Observed } from "../state/observed.ts";
import { progress } from "../diagnosis/progress.ts";
import type { Images } from "../resources/deployment.ts";
import { comparison } from "../benchmark/slo.ts";
import { subjectOf } from "../benchmark/subject.ts";
import { diagnose } from "../diagnosis/pod-failure.ts";
import { hasWorkers } from "../state/jobs.ts";

/** Whether a revision may take over from the serving one. */
export type Gate =
  /** Its pods are not all there, or the attempt has not begun yet. */
  | { state: "waiting" }
  | { state: "measuring"; run: BenchmarkRun }
  /** It was measured and keeps the SLO, and lacks a pod since. */
  | { state: "completing"; completed: CompletedRun }
  /** Where it was measured before, with what result. */
  | { state: "open"; completed?: CompletedRun }
  /** Just decided; nothing is taken away before the status says so. */
  | { state: "refusing"; problem: Problem; completed?: CompletedRun }
  | { state: "refused"; problem: Problem };

/** Why a revision does not take over; undefined while it still may. */
export function refusalOf(decision: Gate | undefined): Problem | undefined {
  return decision?.state === "refusing" || decision?.state === "refused"
    ? decision.problem
    : undefined;
}

/** The Job that measures the candidate, or just did. */
export function gateJob(decision: Gate | undefined): string | undefined {
  if (decision?.state === "measuring" && decision.run.state !== "queued") return decision.run.job;
  return completedRunOf(decision)?.entry.job;
}

/** The run that decided it, where there was one. */
export function completedRunOf(decision: Gate | undefined): CompletedRun | undefined {
  return decision && "completed" in decision ? decision.completed : undefined;
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
 * and, behind a gate, when its benchmark misses the SLO or is not valid. A refusal stands until a
 * new attempt begins.
 */
export function decideGate(input: GateInput): Gate {
  const { attempt, complete } = input;
  if (attempt.refusal) return { state: "refused", problem: attempt.refusal };
  const measurement = needsBenchmark(input) ? measured(input) : undefined;
  if (measurement?.state === "open" && measurement.completed && !complete) {
    return { state: "completing", completed: measurement.completed };
  }
  // A pod that fails for a moment does not end a measurement; the figures show it.
  if (measurement && !isStarting(measurement)) return measurement;
  if (!complete) return isLate(input) ? refusing(notReadyInTime(input)) : { state: "waiting" };
  if (!measurement) return { state: "open" };
  const behind = blocker(input);
  return behind ? { state: "measuring", run: { state: "queued", behind } } : measurement;
}

function isStarting(decision: Gate): boolean {
  return decision.state === "measuring" && decision.run.state === "starting";
}

/** Two generators of one model would measure each other, so its own comes first. */
function blocker({ observed, benchmarkConcurrency }: GateInput): Blocker | undefined {
  const count = observed.othersMeasured;
  if (isUnderWay(observed)) return { kind: "ownGenerator" };
  if (count >= benchmarkConcurrency) return { kind: "otherModels", count };
  return hasWorkers(observed) ? { kind: "enrichmentWorkers" } : undefined;
}

/** Without gate: SLO ready is enough, and no pods cannot be measured. */
function needsBenchmark({ model: { spec }, needed }: GateInput): boolean {
  return spec.rollout.gate === "SLO" && spec.benchmark !== undefined && needed > 0;
}

function measured(input: GateInput): Gate {
  const { model, revision, attempt } = input;
  const { benchmark, slo = {} } = model.spec;
  const { since } = attempt;
  if (since === undefined || !benchmark) return { state: "waiting" };
  const key = subjectOf(model, benchmark, revision);
  const run = runState(input, { subject: key, revision, trigger: "Gate", since, due: since });
  if (run.state !== "ended") return { state: "measuring", run };
  const { completed } = run;
  if (!completed.figures) return refusing(invalidRun(completed), completed);
  const { isMet, message } = comparison(completed.figures, slo);
  if (isMet) return { state: "open", completed };
  return refusing({ reason: reasons.SLOMissed, message }, completed);
}

function invalidRun({ entry: { outcome, message = "" } }: CompletedRun): Problem {
  return { reason: outcome, message };
}

function isLate({ attempt, now }: GateInput): boolean {
  return now.getTime() >= attempt.deadline;
}

/** What keeps the pods from becoming ready, in their own words. */
function notReadyInTime({ model, observed, revision, needed }: GateInput): Problem {
  return {
    reason: diagnose(observed, revision)?.reason ?? reasons.ProgressDeadlineExceeded,
    message: `not ready within ${model.spec.rollout.deadline}: ${progress(observed, revision, needed)}`,
  };
}

function refusing(problem: Problem, completed?: CompletedRun): Gate {
  return { state: "refusing", problem, ...(completed && { completed }) };
}
