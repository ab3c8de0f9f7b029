import type { ModelDeployment } from "../api/model-deployment.ts";

/** How many pods the serving revision should have; the least where an autoscaler decides. */
export function minReplicas({ spec }: ModelDeployment): number {
  return spec.autoscaling?.minReplicas ?? spec.replicas ?? 1;
}

/**
 * The number of pods to write into the serving Deployment; undefined where it is an autoscaler's.
 *
 * @param current what is there; undefined for a Deployment that does not exist yet
 */
export function servingReplicas(
  model: ModelDeployment,
  current: number | undefined,
): number | undefined {
  // An autoscaler never scales a Deployment up from 0, so the operator writes the first number.
  if (model.spec.autoscaling && current !== undefined && current > 0) return undefined;
  return minReplicas(model);
}

/**
 * The number of pods of a candidate: as many as serve now, so that it can take over at once. No
 * autoscaler looks after a candidate.
 *
 * @param serving the number of pods that the serving Deployment asks for
 */
export function candidateReplicas(model: ModelDeployment, serving: number): number {
  const { autoscaling } = model.spec;
  if (!autoscaling) return minReplicas(model);
  return Math.min(Math.max(serving, autoscaling.minReplicas), autoscaling.maxReplicas);
}
