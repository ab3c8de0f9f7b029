import {
  conditionTypes,
  type Condition,
  type ConditionType,
  type ModelDeployment,
  type ModelDeploymentStatus,
  type Serving,
} from "./api.ts";
import { verdict, type View } from "./conditions.ts";
import { available, deploymentOf } from "./observed.ts";
import { selector } from "./resources/metadata.ts";
import { url } from "./resources/service.ts";

/** What a status is made from. */
export interface Pass extends View {
  now: Date;
}

/** The status of a model. Pure; `now` shows only in what changes. */
export function status(decided: Pass): ModelDeploymentStatus {
  const view = achieved(decided);
  const { model, observed, plan } = view;
  const { serving, candidate } = plan.rollout;
  const { benchmark } = plan;
  return {
    observedGeneration: model.metadata.generation,
    conditions: conditionTypes.map((type) => condition(view, type)),
    replicas: deploymentOf(observed, serving)?.status?.replicas ?? 0,
    ...(serving !== undefined && { selector: labelSelector(model, serving), url: url(model) }),
    ...(serving !== undefined && hasAnswered(view) && { serving: servingStatus(view, serving) }),
    ...(candidate !== undefined && {
      candidate: { revision: candidate, ...image(view, candidate) },
    }),
    ...(benchmark.state === "measured" && { benchmark: benchmark.figures }),
  };
}

/** What became of the plan: where something hindered it, no other revision got the traffic. */
function achieved(view: Pass): Pass {
  const { plan, hindrance } = view;
  if (!hindrance) return view;
  const { desired, current } = plan.rollout;
  const candidate = current === undefined || current === desired ? undefined : desired;
  return { ...view, plan: { ...plan, rollout: { ...plan.rollout, serving: current, candidate } } };
}

/** The condition of a type in a status. */
export function conditionOf(
  status: ModelDeploymentStatus | undefined,
  type: ConditionType,
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

function condition(view: Pass, type: ConditionType): Condition {
  const previous = conditionOf(view.model.status, type);
  const { status, reason, message } = verdict(view, type);
  return {
    type,
    status,
    reason,
    message,
    observedGeneration: generation(view, type, previous),
    lastTransitionTime: previous?.status === status ? previous.lastTransitionTime : time(view.now),
  };
}

/**
 * A measurement speaks of the generation that serves. While another one is being rolled out, its
 * conditions keep the old number, so that `kubectl wait` waits for the figures of the new one.
 */
function generation(view: Pass, type: ConditionType, previous: Condition | undefined): number {
  const { serving, desired } = view.plan.rollout;
  const aboutServing = type === "Benchmarked" || type === "WithinSLO";
  const kept = aboutServing && serving !== desired ? previous?.observedGeneration : undefined;
  return kept ?? view.model.metadata.generation;
}

/** The serving revision answers, or did earlier. */
function hasAnswered({ model, observed, plan }: View): boolean {
  const { serving } = plan.rollout;
  if (serving === undefined) return false;
  return model.status?.serving?.revision === serving || available(observed, serving) > 0;
}

function servingStatus(view: Pass, revision: string): Serving {
  const known = view.model.status?.serving;
  const previous = known?.revision === revision ? known : undefined;
  const { sha256, inputs, outputs } = view.observed.models.get(revision) ?? previous ?? {};
  return {
    revision,
    ...image(view, revision),
    since: previous?.since ?? time(view.now),
    ...(sha256 !== undefined && { sha256 }),
    ...(inputs && { inputs }),
    ...(outputs && { outputs }),
  };
}

function image({ observed }: View, revision: string): { image?: string } {
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
