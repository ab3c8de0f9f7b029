import type { Pass } from "../status/status.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import { nextScheduled } from "../benchmark/triggers.ts";
import { Waiting } from "../diagnosis/errors.ts";
import { attempt } from "../rollout/attempt.ts";

/** How a pass ended, and in how many milliseconds to look again although nothing happens. */
export interface Outcome {
  result: "done" | "waiting" | "stalled";
  requeueAfter?: number;
  /** It has to wait until another model has been measured. */
  isQueued?: true;
}

/** Milliseconds after which to look at what cannot be watched. */
export const lookAgain = {
  /** The resource changed in mid-pass; the news is on its way. */
  conflict: 1_000,
  /** A known wait. */
  waiting: 5_000,
  /** The end of another model's measurement calls for a pass as well. */
  queued: 60_000,
  /** A person has to do something, perhaps to an object that carries no label of ours. */
  stalled: 30_000,
  /** ConfigMaps are not watched, so that the operator needs no right to list them. */
  configMap: 60_000,
};

/** How the pass ended and when the next one is due. */
export function outcome(pass: Pass): Outcome {
  const { model, observed, applyError, enrichmentError } = pass;
  if ((applyError ?? enrichmentError) instanceof Waiting) {
    return { result: "waiting", requeueAfter: lookAgain.waiting };
  }
  if (applyError || observed.source.problem) {
    return { result: "stalled", requeueAfter: lookAgain.stalled };
  }
  const again = Math.min(
    untilDeadline(pass),
    untilScheduled(pass),
    pass.plan.enrichment.again ?? Infinity,
    enrichmentError ? lookAgain.stalled : Infinity,
    isQueued(pass) ? lookAgain.queued : Infinity,
    readsConfigMap(model) ? lookAgain.configMap : Infinity,
  );
  return {
    result: "done",
    ...(again < Infinity && { requeueAfter: again }),
    ...(isQueued(pass) && { isQueued: true }),
  };
}

function readsConfigMap({ spec }: ModelDeployment): boolean {
  return (spec.model.configMap ?? spec.enrichment?.model.configMap) !== undefined;
}

function isQueued({ plan: { benchmark, gate } }: Pass): boolean {
  return [benchmark.activity, gate].some((one) => one?.state === "queued" && one.others > 0);
}

/** Milliseconds until the schedule is due; for ever where there is none. */
function untilScheduled({ model, plan: { benchmark }, now }: Pass): number {
  if (benchmark.activity.state !== "idle" || benchmark.subject === undefined) return Infinity;
  const next = nextScheduled(model, benchmark.subject);
  return next ? Math.max(0, next.getTime() - now.getTime()) : Infinity;
}

/** Milliseconds until a candidate is refused unless it is ready; for ever where there is none. */
function untilDeadline({ model, plan: { gate, rollout }, now }: Pass): number {
  if (gate?.state !== "waiting") return Infinity;
  return Math.max(0, attempt(model, rollout.candidate).deadline - now.getTime());
}
