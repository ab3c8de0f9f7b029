import { reasons, type Figures, type Finding, type ModelDeployment } from "./api.ts";
import type { Attempt } from "./attempt.ts";
import { measuring } from "./benchmark.ts";
import { available, type Job, type Observed } from "./observed.ts";
import { progress } from "./progress.ts";
import type { Images } from "./resources/deployment.ts";
import { comparison } from "./slo.ts";
import { trouble } from "./trouble.ts";

/** Whether a revision may take over from the serving one. */
export type Gate =
  /** Its pods are not all there, or the attempt has not begun yet. */
  | { state: "waiting" }
  | { state: "starting"; job: string; object: Job }
  | { state: "measuring"; job: string }
  /** Where it was measured before, with what Job and with what result. */
  | { state: "open"; measured?: { job: string; figures: Figures } }
  /** Just decided; nothing is taken away before the status says so. */
  | { state: "refusing"; finding: Finding }
  | { state: "refused"; finding: Finding };

/** Why a revision gets no traffic; undefined while that is open. */
export function refusalOf(gate: Gate | undefined): Finding | undefined {
  return gate?.state === "refusing" || gate?.state === "refused" ? gate.finding : undefined;
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
  now: Date;
}

/**
 * Decides whether a revision may take over. It is refused when it does not become ready in time,
 * and, behind a gate, when its measurement misses the SLO or is not valid. A refusal stands until a
 * new attempt begins.
 */
export function gate(input: GateInput): Gate {
  const { attempt, complete } = input;
  if (attempt.refusal) return { state: "refused", finding: attempt.refusal };
  const measurement = isMeasured(input) ? measured(input) : undefined;
  // A pod that fails for a moment does not end a measurement; the figures show it.
  if (measurement && measurement.state !== "starting") return measurement;
  if (complete) return measurement ?? { state: "open" };
  return isLate(input) ? refusing(lateness(input)) : { state: "waiting" };
}

/** Behind no gate ready is enough, and no pods cannot be measured. */
function isMeasured({ model: { spec }, needed }: GateInput): boolean {
  return spec.rollout.gate === "SLO" && spec.benchmark !== undefined && needed > 0;
}

function measured({ model, observed, revision, attempt, images }: GateInput): Gate {
  const { since } = attempt;
  if (since === undefined) return { state: "waiting" };
  const subject = { revision, since, replicas: available(observed, revision), isCandidate: true };
  const run = measuring({ model, observed, subject, images });
  if (run.state === "running") return { state: "measuring", job: run.job };
  if (run.state === "starting") return run;
  if (run.state === "invalid") return refusing(run.finding);
  const { job, figures } = run;
  const { isMet, message } = comparison(figures, model.spec.slo ?? {});
  if (isMet) return { state: "open", measured: { job, figures } };
  return refusing({ reason: reasons.SLOMissed, message });
}

function isLate({ attempt, now }: GateInput): boolean {
  return now.getTime() >= attempt.deadline;
}

/** What keeps the pods from becoming ready, in their own words. */
function lateness({ model, observed, revision, needed }: GateInput): Finding {
  return {
    reason: trouble(observed, revision)?.reason ?? reasons.ProgressDeadlineExceeded,
    message: `not ready within ${model.spec.rollout.deadline}: ${progress(observed, revision, needed)}`,
  };
}

function refusing(finding: Finding): Gate {
  return { state: "refusing", finding };
}
