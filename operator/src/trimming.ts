import type { KubeObject } from "./kube/resource.ts";
import type { Deployment, Job, Pod } from "./observed.ts";

/*
 * What is kept of the objects of each kind: what was applied, because it is compared, and what the
 * operator reads of their status. The rest would cost memory for each model, and a pass each time
 * it changes: an autoscaler writes its figures every few seconds.
 */

/** A Deployment: how many pods there are, and what its controller complains of. */
export function trimmedDeployment({ status, ...deployment }: Deployment): Deployment {
  const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status ?? {};
  const conditions = status?.conditions?.map(({ type, status, reason, message }) => ({
    type,
    status,
    // How far a rollout is stands in the numbers.
    ...(status !== "True" || type === "ReplicaFailure" ? { reason, message } : {}),
  }));
  return {
    ...deployment,
    status: { observedGeneration, replicas, updatedReplicas, availableReplicas, conditions },
  };
}

/** A Job: whether it has come to its end. */
export function trimmedJob({ status, ...job }: Job): Job {
  const conditions = status?.conditions;
  return { ...job, ...(conditions && { status: { conditions } }) };
}

/** An object of whose status nothing is read. */
export function withoutStatus<T extends KubeObject & { status?: unknown }>(object: T): T {
  const { status: _, ...rest } = object;
  return rest as T;
}

/** A pod: what it does, not what it is made of. */
export function trimmedPod({ metadata, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, labels, ownerReferences, deletionTimestamp } =
    metadata ?? {};
  const { phase, podIP, conditions, containerStatuses } = status ?? {};
  return {
    metadata: { name, namespace, uid, resourceVersion, labels, ownerReferences, deletionTimestamp },
    status: { phase, podIP, conditions, containerStatuses },
  };
}
