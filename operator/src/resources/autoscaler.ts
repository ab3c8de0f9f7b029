import type { ModelDeployment } from "../api.ts";
import type { Autoscaler } from "../observed.ts";
import { deploymentName } from "./deployment.ts";
import { metadata, serverName } from "./metadata.ts";

/** Scales the serving Deployment by its CPU use; undefined where the number of pods is fixed. */
export function autoscaler(model: ModelDeployment, revision: string): Autoscaler | undefined {
  const { autoscaling } = model.spec;
  if (!autoscaling) return undefined;
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
      minReplicas: autoscaling.minReplicas,
      maxReplicas: autoscaling.maxReplicas,
      metrics: [
        {
          type: "Resource",
          resource: {
            name: "cpu",
            target: { type: "Utilization", averageUtilization: autoscaling.targetCPUUtilization },
          },
        },
      ],
    },
  };
}
