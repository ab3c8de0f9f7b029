import type { ModelDeployment } from "../api/model-deployment.ts";
import { hasDrifted, withAppliedHash } from "./drift.ts";
import type { Installation } from "../resources/installation.ts";
import type { KubeObject } from "../kube/resource.ts";
import { deploymentOf, revisionOf, type Observed } from "../state/observed.ts";
import { type PodTemplate } from "../kube/objects.ts";
import type { ChildKind } from "../resources/child.ts";
import { childEntries } from "../resources/child-kinds.ts";
import { deployment } from "../resources/deployment.ts";
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

/** In the order in which they are applied. */
function inner(input: ChildrenInput): Child[] {
  if (input.rollout.serving === undefined) return [];
  return [
    ...singles(input, "beforePods"),
    ...desiredDeployment(input),
    ...singles(input, "afterPods"),
  ];
}

function outer(input: ChildrenInput): Child[] {
  return singles(input, "toExpose");
}

/** The objects of which there is at most one, as the table has them. */
function singles(input: ChildrenInput, applied: ChildKind["applied"]): Child[] {
  const { model, observed, rollout, held, installation } = input;
  const { serving, desired, candidate } = rollout;
  if (serving === undefined) return [];
  const { hasGatewayAPI } = observed;
  const parts = { model, serving, desired, candidate, held, installation, hasGatewayAPI };
  return childEntries
    .filter(([, child]) => child.applied === applied && !child.stays?.(parts))
    .map(([key, child]) => [observed[key], child.build(parts)]);
}

/**
 * The Deployment of the desired revision. A serving revision that is not the desired one was made
 * from an earlier spec, so its Deployment stays as it is, and so does one that was refused.
 */
function desiredDeployment({ model, observed, rollout, template }: ChildrenInput): Child[] {
  const { desired: revision, refused } = rollout;
  if (revision === undefined || refused !== undefined || !template) return [];
  return [[deploymentOf(observed, revision), deployment(model, revision, template)]];
}

function superseded({ observed, rollout }: ChildrenInput): KubeObject[] {
  return observed.deployments.filter((one) => rollout.superseded.includes(revisionOf(one) ?? ""));
}

function drifted([current, wanted]: Child): KubeObject[] {
  const object = wanted && withAppliedHash(wanted);
  return object && hasDrifted(current, object) ? [object] : [];
}

function unwanted([current, wanted]: Child): KubeObject[] {
  return current && !wanted ? [current] : [];
}
