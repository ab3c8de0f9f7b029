import { kinds } from "../kube/resource.ts";
import { nameOfModel, withoutStatus, type ChildKind } from "./child.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import { autoscalingTarget, cpuQuantity, type AutoscalingTarget } from "./autoscaling-target.ts";
import type { Autoscaler } from "../kube/objects.ts";
import { deploymentName } from "./deployment.ts";
import { metadata, serverName } from "./metadata.ts";

/**
 * Scales the serving Deployment by its CPU use; undefined where the number of pods is fixed.
 *
 * @param held the number of pods to keep, while it is measured how much they can take
 */
export function autoscaler(
  model: ModelDeployment,
  revision: string,
  held?: number,
): Autoscaler | undefined {
  const { autoscaling } = model.spec;
  if (!autoscaling) return undefined;
  const { cpu } = autoscalingTarget(model, autoscaling, revision);
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: metadata(model, model.metadata.name, { app: serverName }),
    spec: {
      scaleTargetRef: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        name: deploymentName(model, revision),
      },
      minReplicas: held ?? autoscaling.minReplicas,
      maxReplicas: held ?? autoscaling.maxReplicas,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: target(cpu) } }],
    },
  };
}

function target(cpu: AutoscalingTarget["cpu"]) {
  return "averageUtilization" in cpu
    ? { type: "Utilization", averageUtilization: cpu.averageUtilization }
    : { type: "AverageValue", averageValue: cpuQuantity(cpu.averageMillicores) };
}

/** The autoscaler among the children of a model. */
export const autoscalerChild: ChildKind<Autoscaler> = {
  kind: kinds.horizontalPodAutoscaler,
  name: nameOfModel,
  build: ({ model, serving, held }) => autoscaler(model, serving, held),
  applied: "afterPods",
  trim: withoutStatus,
};
