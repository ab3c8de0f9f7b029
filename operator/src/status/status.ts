import {
  conditionOf,
  type Candidate,
  type CapacityStatus,
  type Condition,
  type BenchmarkResult,
  type ModelDeployment,
  type ModelDeploymentStatus,
  type HistoryEntry,
  type Refusal,
  type Serving,
} from "../api/model-deployment.ts";
import type { ConditionType } from "../api/reasons.ts";
import { attempt, attemptKey } from "../rollout/attempt.ts";
import { heldReplicas } from "../benchmark/benchmark.ts";
import { autoscalingTarget, cpuQuantity } from "../resources/autoscaling-target.ts";
import { isRequested } from "../benchmark/triggers.ts";
import { completedRunOf } from "../rollout/gate.ts";
import { captureStatus } from "./capture-status.ts";
import type { ConditionValue } from "./conditions/check.ts";
import { conditionValues } from "./conditions/conditions.ts";
import type { View } from "./conditions/view.ts";
import { enrichmentStatus } from "../enrichment/status.ts";
import { footprint } from "./footprint.ts";
import { carriedOut, type Attempted } from "./outcome.ts";
import type { CompletedRun } from "../benchmark/run.ts";
import {
  available,
  deploymentOf,
  type ModelDescription,
  type Observed,
} from "../state/observed.ts";
import { selector } from "../resources/metadata.ts";
import { url } from "../resources/service.ts";
import { size } from "../api/units.ts";

/** What a status is made from. */
export interface Pass extends Attempted {
  observed: Observed;
  now: Date;
}

/** The status of a model. Pure; `now` shows only in what changes. */
export function status(pass: Pass): ModelDeploymentStatus {
  const view = viewOf(pass);
  const { model, observed, plan } = view;
  const { serving } = plan.rollout;
  const candidate = candidateStatus(view);
  const cost = serving === undefined ? undefined : footprint(model, observed, serving);
  return {
    observedGeneration: model.metadata.generation,
    conditions: conditionValues(view).map(([type, value]) => condition(view, type, value)),
    replicas: deploymentOf(observed, serving)?.status?.replicas ?? 0,
    ...(serving !== undefined && { selector: labelSelector(model, serving), url: url(model) }),
    ...(serving !== undefined && hasAnswered(view) && { serving: servingStatus(view, serving) }),
    ...(candidate && { candidate }),
    ...(cost && { footprint: cost }),
    ...measurements(view),
    ...autoscaling(view),
    ...captureStatus(model, observed),
    ...enrichmentStatus(model, observed),
  };
}

/** What the parts of a status are made from. */
interface StatusView extends View {
  now: Date;
}

function viewOf(pass: Pass): StatusView {
  const { model, observed, outcome, now } = pass;
  const { error: applyError, enrichmentError } = outcome;
  return { model, observed, plan: carriedOut(pass), applyError, enrichmentError, now };
}

/** The result that is true now, the capacity, and earlier runs. */
function measurements(view: StatusView): Partial<ModelDeploymentStatus> {
  const { model, plan } = view;
  const { history } = plan;
  const completed = [completedRunOf(plan.gate), plan.benchmark.completed];
  const capacity = latestCapacity(
    completed.flatMap((one) => one ?? []),
    model.status?.capacity,
  );
  const requested = openRequestedAt(view);
  return {
    ...(plan.benchmark.figures && { benchmark: linked(plan.benchmark.figures, history) }),
    ...(capacity && { capacity }),
    ...(history.length > 0 && { history }),
    ...(requested !== undefined && { measureRequestedAt: requested }),
  };
}

/** Names the report as long as it is there. */
function linked({ report, ...figures }: BenchmarkResult, history: HistoryEntry[]): BenchmarkResult {
  const isKept = report !== undefined && history.some((line) => line.report === report);
  return isKept ? { ...figures, report } : figures;
}

/** What was found last; a search that found that not even the least is held takes it away. */
function latestCapacity(
  completed: CompletedRun[],
  known: CapacityStatus | undefined,
): CapacityStatus | undefined {
  const search = completed.find(({ figures }) => figures?.scenario === "Capacity");
  return search ? search.capacity : known;
}

/** When a run was requested that has not begun. */
function openRequestedAt({ model, plan, now }: StatusView): string | undefined {
  const { subject, requestedAt } = plan.benchmark;
  if (subject === undefined || requestedAt !== undefined) return requestedAt;
  // One that is being acknowledged has been noted already.
  return isRequested(model) && !plan.acknowledge ? now.toISOString() : undefined;
}

/** What the autoscaler aims for. */
function autoscaling({ model, plan }: StatusView): Pick<ModelDeploymentStatus, "autoscaling"> {
  const { serving } = plan.rollout;
  if (!model.spec.autoscaling || serving === undefined) return {};
  const { cpu, source } = autoscalingTarget(model, model.spec.autoscaling, serving);
  const target =
    "averageUtilization" in cpu ? `${cpu.averageUtilization}%` : cpuQuantity(cpu.averageMillicores);
  const held = heldReplicas(plan.benchmark);
  const until = held === undefined ? "" : `; held at ${held} pods while their capacity is measured`;
  return { autoscaling: { target, source: `${source}${until}` } };
}

function condition(view: StatusView, type: ConditionType, value: ConditionValue): Condition {
  const previous = conditionOf(view.model.status, type);
  return {
    type,
    ...value,
    observedGeneration: generation(view, type, previous),
    lastTransitionTime:
      previous?.status === value.status ? previous.lastTransitionTime : time(view.now),
  };
}

/**
 * What is said of the serving revision speaks of the generation that it came from. While another one
 * is being rolled out, was refused or is hindered, these conditions keep the old number, so that
 * `kubectl wait` waits for the new one.
 */
function generation(
  view: StatusView,
  type: ConditionType,
  previous: Condition | undefined,
): number {
  const { serving, desired } = view.plan.rollout;
  const aboutServing = ["Ready", "Benchmarked", "WithinSLO", "Capturing"].includes(type);
  const isOlder = serving !== desired || view.applyError !== undefined;
  const kept = aboutServing && isOlder ? previous?.observedGeneration : undefined;
  return kept ?? view.model.metadata.generation;
}

/** The serving revision answers, or did earlier. */
function hasAnswered({ model, observed, plan }: View): boolean {
  const { serving } = plan.rollout;
  if (serving === undefined) return false;
  return model.status?.serving?.revision === serving || available(observed, serving) > 0;
}

function servingStatus(view: StatusView, revision: string): Serving {
  const known = view.model.status?.serving;
  const previous = known?.revision === revision ? known : undefined;
  const description = view.observed.models.get(revision);
  return {
    ...previous,
    revision,
    ...imageOf(view, revision),
    since: previous?.since ?? time(view.now),
    ...(description && described(description)),
  };
}

function described(description: ModelDescription): Partial<Serving> {
  const { sha256, sizeBytes, opset, labels, inputs, outputs, node } = description;
  return {
    sha256,
    ...(node && { node }),
    ...(sizeBytes !== undefined && { size: size(sizeBytes) }),
    ...(opset !== undefined && { opset }),
    ...(labels && { labels }),
    inputs,
    outputs,
  };
}

function candidateStatus(view: StatusView): Candidate | undefined {
  const { model, plan } = view;
  const { candidate, refused } = plan.rollout;
  const revision = candidate ?? refused;
  if (revision === undefined) return undefined;
  const { since, refusal } = attempt(model, revision);
  return {
    revision,
    ...imageOf(view, revision),
    since: since ?? time(view.now),
    ...refusalStatus(view, refusal),
  };
}

function refusalStatus(view: StatusView, known: Refusal | undefined): Pick<Candidate, "refusal"> {
  const { model, plan, now } = view;
  if (known) return { refusal: known };
  if (plan.gate?.state !== "refusing") return {};
  const { reason, message } = plan.gate.problem;
  return { refusal: { reason, message, at: time(now), ...attemptKey(model) } };
}

function imageOf({ observed }: View, revision: string): { image?: string } {
  const pod = deploymentOf(observed, revision)?.spec?.template.spec;
  const image = pod?.containers[0]?.image;
  return image === undefined ? {} : { image };
}

function labelSelector(model: ModelDeployment, revision: string): string {
  return Object.entries(selector(model, revision))
    .map(([label, value]) => `${label}=${value}`)
    .join(",");
}

/** RFC 3339, in whole seconds as Kubernetes writes it. */
function time(now: Date): string {
  return now.toISOString().replace(/\.\d+Z$/, "Z");
}
