import type { Pass } from "../status/status.ts";
import { openRuns } from "../plan/plan.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import { nextScheduled } from "../benchmark/triggers.ts";
import { Waiting } from "../diagnosis/errors.ts";
import { attempt } from "../rollout/attempt.ts";

/** How a pass ended, and in how many milliseconds the next one is due although nothing happens. */
export interface PassResult {
  result: "done" | "waiting" | "stalled";
  requeueAfter?: number;
  /** It has to wait until another model has been measured. */
  isQueued?: true;
}

/** Milliseconds after which the next pass is due where no watch calls for one. */
const requeueAfter = {
  /** The resource changed during the pass; its watch event is on the way. */
  conflict: 1_000,
  /** A known wait. */
  waiting: 5_000,
  /** The end of another model's measurement calls for a pass as well. */
  queued: 60_000,
  /** The user has to change something, perhaps an object without the operator's label. */
  stalled: 30_000,
  /** ConfigMaps are not watched, so that the operator needs no right to list them. */
  configMap: 60_000,
};

/** The result of a pass whose resource was changed by another client before it ended. */
export const afterConflict: PassResult = {
  result: "waiting",
  requeueAfter: requeueAfter.conflict,
};

/** How the pass ended and when the next one is due. */
export function requeue(pass: Pass): PassResult {
  const { error, enrichmentError } = pass.outcome;
  if ((error ?? enrichmentError) instanceof Waiting) {
    return { result: "waiting", requeueAfter: requeueAfter.waiting };
  }
  if (error || pass.observed.source.problem) {
    return { result: "stalled", requeueAfter: requeueAfter.stalled };
  }
  const isWaitingForSlot = isQueued(pass);
  const next = Math.min(
    untilDeadline(pass),
    untilScheduled(pass),
    pass.plan.enrichment.again ?? Infinity,
    enrichmentError ? requeueAfter.stalled : Infinity,
    isWaitingForSlot ? requeueAfter.queued : Infinity,
    readsConfigMap(pass.model) ? requeueAfter.configMap : Infinity,
  );
  return {
    result: "done",
    ...(next < Infinity && { requeueAfter: next }),
    ...(isWaitingForSlot && { isQueued: true }),
  };
}

function readsConfigMap({ spec }: ModelDeployment): boolean {
  return (spec.model.configMap ?? spec.enrichment?.model.configMap) !== undefined;
}

function isQueued({ plan }: Pass): boolean {
  return openRuns(plan).some((run) => run.state === "queued" && run.behind.kind === "otherModels");
}

/** Milliseconds until the schedule is due; Infinity where there is none. */
function untilScheduled({ model, plan: { benchmark }, now }: Pass): number {
  if (benchmark.activity.state !== "idle" || benchmark.subject === undefined) return Infinity;
  const next = nextScheduled(model, benchmark.subject);
  return next ? Math.max(0, next.getTime() - now.getTime()) : Infinity;
}

/** Milliseconds until a candidate that is not ready is refused; Infinity where there is none. */
function untilDeadline({ model, plan: { gate, rollout }, now }: Pass): number {
  if (gate?.state !== "waiting") return Infinity;
  return Math.max(0, attempt(model, rollout.candidate).deadline - now.getTime());
}
