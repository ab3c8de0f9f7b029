import type { ModelDeployment, ModelDeploymentSpec } from "../api/model-deployment.ts";
import { milliseconds, share } from "../api/units.ts";

/** What the pods are scaled to, and what that follows from. */
export interface AutoscalingTarget {
  cpu: { averageUtilization: number } | { averageMillicores: number };
  /** For people. */
  source: string;
}

type Autoscaling = NonNullable<ModelDeploymentSpec["autoscaling"]>;

/**
 * The average CPU of a pod at which it is loaded as it should be: with target Measured, the CPU that
 * it takes to answer the headroom's share of its capacity. A capacity of another revision does not
 * count.
 */
export function autoscalingTarget(
  model: ModelDeployment,
  autoscaling: Autoscaling,
  revision: string | undefined,
): AutoscalingTarget {
  const guess = { cpu: { averageUtilization: autoscaling.targetCPUUtilization } };
  if (autoscaling.target !== "Measured") {
    return { ...guess, source: "spec.autoscaling.targetCPUUtilization" };
  }
  const capacity = model.status?.capacity;
  if (capacity?.revision !== revision || capacity?.cpuPerRequest === undefined) {
    const of = revision === undefined ? "the first revision" : `revision ${revision}`;
    const until = `until the capacity of ${of} is measured`;
    return { ...guess, source: `spec.autoscaling.targetCPUUtilization, ${until}` };
  }
  const { rpsPerReplica, cpuPerRequest } = capacity;
  // Milliseconds of CPU in a second are millicores.
  const whole = Number(rpsPerReplica) * milliseconds(cpuPerRequest);
  const averageMillicores = Math.max(1, Math.round(share(autoscaling.headroom) * whole));
  const source = `${autoscaling.headroom} of the measured ${rpsPerReplica}/s at ${cpuPerRequest} of CPU per request`;
  return { cpu: { averageMillicores }, source };
}

/** An amount of CPU, as the API server writes it: `2` rather than `2000m`. */
export function cpuQuantity(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}
