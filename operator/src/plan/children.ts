import type { ModelDeployment } from "../api/model-deployment.ts";
import { hasDrifted, withAppliedHash } from "./drift.ts";
import type { Installation } from "../resources/installation.ts";
import type { KubeObject } from "../kube/resource.ts";
import { deploymentOf, revisionOf, type Observed } from "../state/observed.ts";
import { type PodTemplate } from "../kube/objects.ts";
import { autoscaler } from "../resources/autoscaler.ts";
import { deployment } from "../resources/deployment.ts";
import { disruptionBudget } from "../resources/disruption-budget.ts";
import { httpRoute } from "../resources/http-route.ts";
import { ingress } from "../resources/ingress.ts";
import { networkPolicy } from "../resources/network-policy.ts";
import { previewService, service } from "../resources/service.ts";
import type { Rollout } from "../rollout/rollout.ts";

/** What has to be done about the objects that a model lives in. */
export interface Children {
  /** Missing, or not as they should be, in the order in which to apply them. */
  apply: KubeObject[];
  /** The same of those that let others in from outside. */
  expose: KubeObject[];
  /** No longer wanted. */
  remove: KubeObject[];
}

/** What children are decided on. */
export interface ChildrenInput {
  model: ModelDeployment;
  observed: Observed;
  rollout: Rollout;
  /** Of the desired revision's pods; undefined while it cannot be said what they are. */
  template: PodTemplate | undefined;
  /** The number of pods that an autoscaler shall keep, while it is measured what they can take. */
  held?: number | undefined;
  installation: Installation;
}

/** A child as it is and as it shall be; either may be missing. */
type Child = [current: KubeObject | undefined, wanted: KubeObject | undefined];

/** Compares the children that shall be with those that are. */
export function children(input: ChildrenInput): Children {
  const [inside, outside] = [inner(input), outer(input)];
  return {
    apply: inside.flatMap(drifted),
    expose: outside.flatMap(drifted),
    remove: [...superseded(input), ...[...inside, ...outside].flatMap(unwanted)],
  };
}

/**
 * In the order in which they are applied. The Services come first: when their names are taken, no pod
 * need start. The policy is there before the pods are. A serving revision that is not the desired one
 * was made from a spec that is gone, so its Deployment stays as it is, and so does one that was
 * refused.
 */
function inner(input: ChildrenInput): Child[] {
  const { model, observed, rollout, held, installation } = input;
  const { serving } = rollout;
  if (serving === undefined) return [];
  return [
    [observed.service, service(model, serving)],
    ...preview(input),
    [observed.networkPolicy, networkPolicy(model, installation.networkPolicy)],
    ...desired(input),
    [observed.autoscaler, autoscaler(model, serving, held)],
    [observed.disruptionBudget, disruptionBudget(model, serving)],
  ];
}

/** While it cannot be said what the spec asks for, a candidate's Service stays. */
function preview({ model, observed, rollout: { desired, candidate } }: ChildrenInput): Child[] {
  if (desired === undefined) return [];
  return [
    [observed.preview, candidate === undefined ? undefined : previewService(model, candidate)],
  ];
}

function desired({ model, observed, rollout, template }: ChildrenInput): Child[] {
  const { desired, refused } = rollout;
  if (desired === undefined || refused !== undefined || !template) return [];
  return [[deploymentOf(observed, desired), deployment(model, desired, template)]];
}

function outer({ model, observed, rollout }: ChildrenInput): Child[] {
  if (rollout.serving === undefined) return [];
  return [
    [observed.ingress, ingress(model)],
    [observed.httpRoute, observed.hasGatewayAPI ? httpRoute(model) : undefined],
  ];
}

function superseded({ observed, rollout }: ChildrenInput): KubeObject[] {
  return observed.deployments.filter((deployment) =>
    rollout.superseded.includes(revisionOf(deployment) ?? ""),
  );
}

function drifted([current, wanted]: Child): KubeObject[] {
  const object = wanted && withAppliedHash(wanted);
  return object && hasDrifted(current, object) ? [object] : [];
}

function unwanted([current, wanted]: Child): KubeObject[] {
  return current && !wanted ? [current] : [];
}
