import { type ModelDeployment, type ModelDeploymentStatus } from "../api/model-deployment.ts";
import { reasons, type ConditionType } from "../api/reasons.ts";
import { revisionOf } from "../state/observed.ts";
import { openRuns, type Plan } from "../plan/plan.ts";
import { deploymentName } from "../resources/deployment.ts";
import type { Attempted } from "./outcome.ts";
import { conditionOf } from "../api/model-deployment.ts";

/** One line of `kubectl describe`. */
export interface EventSpec {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** One pass, after its status was written. */
export interface EventInput extends Attempted {
  /** The status that was written. */
  after: ModelDeploymentStatus;
}

/** What changed in one pass: by carrying out the plan, and from one status to the next. */
export function events({ model, plan, outcome, after }: EventInput): EventSpec[] {
  return [
    ...(outcome.error ? [] : actionEvents(model, plan)),
    ...promotionEvent(model.status, after),
    ...benchmarkEvent(plan, model.status, after),
    ...stalledEvent(model.status, after),
    ...transitionEvent("Capturing", model.status, after),
    ...transitionEvent("Enriching", model.status, after),
  ];
}

function actionEvents(model: ModelDeployment, plan: Plan): EventSpec[] {
  const { created, rollout, scale, remove } = plan;
  const retired = rollout.retired.filter((revision) =>
    scale.some(({ deployment }) => deployment === deploymentName(model, revision)),
  );
  return [
    ...(created === undefined ? [] : [normal("Created", `Created revision ${created}`)]),
    ...openRuns(plan).flatMap((run) =>
      run.state === "starting" ? [normal("Measuring", `Started Job ${run.job}`)] : [],
    ),
    ...retired.map((revision) => normal("Retired", `Scaled revision ${revision} to 0 replicas`)),
    ...remove
      .filter(({ kind }) => kind === "Deployment")
      .map((deployment) => normal("Removed", `Deleted revision ${revisionOf(deployment)}`)),
  ];
}

function promotionEvent(
  before: ModelDeploymentStatus | undefined,
  { serving }: ModelDeploymentStatus,
): EventSpec[] {
  if (!serving || serving.revision === before?.serving?.revision) return [];
  const instead = before?.serving ? ` instead of ${before.serving.revision}` : "";
  return [normal("Promoted", `Revision ${serving.revision} receives traffic${instead}`)];
}

function benchmarkEvent(
  { benchmark }: Plan,
  before: ModelDeploymentStatus | undefined,
  after: ModelDeploymentStatus,
): EventSpec[] {
  const condition = conditionOf(after, "Benchmarked");
  if (!condition || isSame(condition, conditionOf(before, "Benchmarked"))) return [];
  if (benchmark.figures) return [normal("Measured", condition.message)];
  return benchmark.completed ? [warning(condition.reason, condition.message)] : [];
}

function stalledEvent(
  before: ModelDeploymentStatus | undefined,
  after: ModelDeploymentStatus,
): EventSpec[] {
  const condition = conditionOf(after, "Stalled");
  if (condition?.status !== "True") return [];
  const known = conditionOf(before, "Stalled");
  // The message counts replicas; only another reason is news.
  if (known?.status === "True" && known.reason === condition.reason) return [];
  return [warning(condition.reason, condition.message)];
}

/** Reasons of capture and enrichment that are part of normal operation. */
const normalReasons: string[] = [
  reasons.Connected,
  reasons.Running,
  reasons.Starting,
  reasons.NothingPending,
  reasons.QuietTime,
  reasons.Busy,
  reasons.Measuring,
  reasons.Paused,
  reasons.RollingOut,
  reasons.Waiting,
];

/** The condition has another reason than before; that it became Unknown is no event. */
function transitionEvent(
  type: ConditionType,
  before: ModelDeploymentStatus | undefined,
  after: ModelDeploymentStatus,
): EventSpec[] {
  const condition = conditionOf(after, type);
  if (!condition || condition.status === "Unknown") return [];
  const { reason, message } = condition;
  if (reason === conditionOf(before, type)?.reason) return [];
  return [normalReasons.includes(reason) ? normal(reason, message) : warning(reason, message)];
}

/** A condition with the same reason and message needs no second event. */
function isSame(a: { reason: string; message: string }, b: typeof a | undefined): boolean {
  return a.reason === b?.reason && a.message === b.message;
}

function normal(reason: string, message: string): EventSpec {
  return { type: "Normal", reason, message };
}

function warning(reason: string, message: string): EventSpec {
  return { type: "Warning", reason, message };
}
