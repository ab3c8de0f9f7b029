import type { ModelDeployment } from "../api/model-deployment.ts";
import { nameOf } from "../kube/objects.ts";
import type { KubeObject } from "../kube/resource.ts";
import { autoscalerChild } from "./autoscaler.ts";
import type { ChildKind } from "./child.ts";
import { disruptionBudgetChild } from "./disruption-budget.ts";
import { httpRouteChild } from "./http-route.ts";
import { ingressChild } from "./ingress.ts";
import { networkPolicyChild } from "./network-policy.ts";
import { previewChild, serviceChild } from "./service.ts";

/**
 * The objects of which a model has at most one, by their names among what is observed, in the order
 * in which they are applied. The Services come first: when their names are taken, no pod need start.
 * The policy is there before the pods are.
 */
const childKinds = {
  service: serviceChild,
  preview: previewChild,
  networkPolicy: networkPolicyChild,
  autoscaler: autoscalerChild,
  disruptionBudget: disruptionBudgetChild,
  ingress: ingressChild,
  httpRoute: httpRouteChild,
};

/** The name of a child among what is observed. */
export type ChildKey = keyof typeof childKinds;

/** These objects of one model, as far as they are there. */
export type SingleChildren = {
  [Key in ChildKey]?: ReturnType<(typeof childKinds)[Key]["build"]>;
};

/** The table, for those who treat all children alike. */
export const childEntries = Object.entries(childKinds) as [ChildKey, ChildKind][];

/** Which child of a model an object is. */
export function childKeyOf(model: ModelDeployment, object: KubeObject): ChildKey | undefined {
  const found = childEntries.find(
    ([, child]) => child.kind.kind === object.kind && child.name(model) === nameOf(object),
  );
  return found?.[0];
}
