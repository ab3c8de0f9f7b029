import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { KubeObject, Wire } from "../kube/resource.ts";

/** Value of app.kubernetes.io/name on everything that serves. */
export const serverName = "model-server";

/** Value of app.kubernetes.io/name on benchmarks. */
export const benchmarkName = "benchmark";

/** Value of app.kubernetes.io/name on what labels captured sentences. */
export const enrichmentName = "enrichment";

/** Label with the name of the ModelDeployment. */
export const modelLabel = "intendant.dev/model";

/** Label with the revision that an object belongs to. */
export const revisionLabel = "intendant.dev/revision";

/** What all objects of the operator have in common. */
export const managed = { "app.kubernetes.io/managed-by": "intendant" };

/** Which of a model's objects, and of which revision. */
export interface Part {
  app: typeof serverName | typeof benchmarkName | typeof enrichmentName;
  revision?: string;
}

/** Name, labels and owner of an object that belongs to a model. */
export function metadata(
  model: ModelDeployment,
  name: string,
  part: Part,
): Wire<V1ObjectMeta> & { name: string; namespace: string } {
  return {
    name,
    namespace: model.metadata.namespace,
    labels: labels(model, part),
    ownerReferences: [
      {
        apiVersion: "intendant.dev/v1alpha1",
        kind: "ModelDeployment",
        name: model.metadata.name,
        uid: model.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}

/** Labels of a model's objects and pods. */
export function labels(model: ModelDeployment, { app, revision }: Part): Record<string, string> {
  return {
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/instance": model.metadata.name,
    ...managed,
    [modelLabel]: model.metadata.name,
    ...(revision !== undefined && { [revisionLabel]: revision }),
  };
}

/** The labels that select the serving pods of a revision. Benchmarks and workers never have all of them. */
export function selector(model: ModelDeployment, revision: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": serverName,
    [modelLabel]: model.metadata.name,
    [revisionLabel]: revision,
  };
}

/** Whether an object is a child of this very model, not of an earlier one of the same name. */
export function isOwnedBy(model: ModelDeployment, object: KubeObject): boolean {
  return (
    object.metadata?.ownerReferences?.some(
      ({ uid, controller }) => controller === true && uid === model.metadata.uid,
    ) ?? false
  );
}
