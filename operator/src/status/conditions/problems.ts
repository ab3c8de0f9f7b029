import { reasons, type Problem } from "../../api/reasons.ts";
import { scheduleProblem } from "../../benchmark/schedule.ts";
import { Stalled } from "../../diagnosis/errors.ts";
import { diagnose, isOverdue } from "../../diagnosis/pod-failure.ts";
import { progress } from "../../diagnosis/progress.ts";
import { retryAnnotation } from "../../rollout/attempt.ts";
import { refusalOf } from "../../rollout/gate.ts";
import { available } from "../../state/observed.ts";
import { exposureProblem } from "../exposure.ts";
import type { View } from "./view.ts";

/** The problems that several conditions report; each is found once per pass. */
export interface Problems {
  /** Stays until the spec, or something outside, is changed. */
  stalled: Problem | undefined;
  /** The candidate is not ready. */
  rollout: Problem | undefined;
  /** The serving revision has fewer available pods than it should have. */
  replicas: Problem | undefined;
}

/** Finds the problems of a pass. */
export function problemsOf(view: View): Problems {
  const rollout = candidateNotReady(view);
  const replicas = replicasUnavailable(view);
  const stalled =
    applyRefused(view) ??
    candidateRefused(view) ??
    deadlineExceeded(view) ??
    // How the model is reached comes after what it is: a rollout under way is reported first.
    (rollout || replicas ? undefined : exposureProblem(view.model, view.observed));
  return { stalled: stalled && withSuffix(stalled, view), rollout, replicas };
}

/** What the message of a rollout ends with: the revision that receives the traffic meanwhile. */
export function rolloutSuffix({ observed, plan: { rollout } }: View): string {
  const { serving, desired } = rollout;
  if (serving === undefined || serving === desired || available(observed, serving) === 0) return "";
  return `; revision ${serving} continues to serve`;
}

function withSuffix({ reason, message }: Problem, view: View): Problem {
  return { reason, message: `${message}${rolloutSuffix(view)}` };
}

/** The source of the model, an object or the schedule is refused as it is. */
function applyRefused({ model, observed, applyError }: View): Problem | undefined {
  if (observed.source.problem) return observed.source.problem;
  if (applyError instanceof Stalled) return applyError;
  return model.spec.benchmark && scheduleProblem(model.spec.benchmark);
}

function candidateRefused({ model, plan }: View): Problem | undefined {
  const problem = refusalOf(plan.gate);
  if (!problem) return undefined;
  const { name, namespace } = model.metadata;
  const { reason, message } = problem;
  const retry = `kubectl annotate mdep/${name} -n ${namespace} ${retryAnnotation}="$(date)" --overwrite`;
  const remedy = `change the spec, or try again with: ${retry}`;
  return { reason, message: `revision ${plan.rollout.desired} was refused: ${message}; ${remedy}` };
}

/** No other revision serves, and the Deployment controller has waited long enough. */
function deadlineExceeded({ observed, plan: { rollout, wanted } }: View): Problem | undefined {
  const { desired, serving } = rollout;
  if (desired === undefined || desired !== serving || !isOverdue(observed, desired)) {
    return undefined;
  }
  const reason = diagnose(observed, desired)?.reason ?? reasons.ProgressDeadlineExceeded;
  return { reason, message: progress(observed, desired, wanted) };
}

/** Another revision than the desired one serves. */
function candidateNotReady(view: View): Problem | undefined {
  const { observed, plan } = view;
  const { candidate } = plan.rollout;
  if (candidate === undefined) return undefined;
  const reason = diagnose(observed, candidate)?.reason ?? reasons.RollingOut;
  const message = `${progress(observed, candidate, plan.needed)}${rolloutSuffix(view)}`;
  return { reason, message };
}

/** The desired revision serves, with fewer pods than it should have. */
function replicasUnavailable({ observed, plan }: View): Problem | undefined {
  const { serving } = plan.rollout;
  if (serving === undefined || available(observed, serving) >= plan.wanted) return undefined;
  const reason = diagnose(observed, serving)?.reason ?? reasons.ReplicasUnavailable;
  return { reason, message: progress(observed, serving, plan.wanted) };
}
