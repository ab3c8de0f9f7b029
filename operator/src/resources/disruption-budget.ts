import { kinds } from "../kube/resource.ts";
import { nameOfModel, withoutStatus, type ChildKind } from "./child.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { DisruptionBudget } from "../kube/objects.ts";
import { metadata, selector, serverName } from "./metadata.ts";

/**
 * Lets evictions take one serving pod at a time; undefined where there is never more than one pod,
 * of which a budget could only say that its node must not be drained.
 */
export function disruptionBudget(
  model: ModelDeployment,
  revision: string,
): DisruptionBudget | undefined {
  if (mostReplicas(model) <= 1) return undefined;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadata(model, model.metadata.name, { app: serverName }),
    spec: {
      // Not minAvailable: any number of pods that must stay is wrong as soon as an autoscaler goes
      // down to that number, and then no node can be drained any more.
      maxUnavailable: 1,
      selector: { matchLabels: selector(model, revision) },
      // A pod that does not answer anyway must not keep its node from being drained.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}

function mostReplicas({ spec }: ModelDeployment): number {
  return spec.autoscaling?.maxReplicas ?? spec.replicas ?? 1;
}

/** The disruption budget among the children of a model. */
export const disruptionBudgetChild: ChildKind<DisruptionBudget> = {
  kind: kinds.podDisruptionBudget,
  name: nameOfModel,
  build: ({ model, serving }) => disruptionBudget(model, serving),
  applied: "afterPods",
  trim: withoutStatus,
};
