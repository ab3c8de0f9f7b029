import type { Deployment, Job, Pod } from "../kube/objects.ts";

/*
 * What is kept of the objects of each kind: what was applied, because it is compared, and what the
 * operator reads of their status. The rest would cost memory for each model, and a pass each time
 * it changes: an autoscaler writes its figures every few seconds.
 */

/** A Deployment: how many pods there are, and what its controller reports as a problem. */
export function trimmedDeployment({ status: whole, ...deployment }: Deployment): Deployment {
  const { observedGeneration, replicas, updatedReplicas, availableReplicas } = whole ?? {};
  const conditions = whole?.conditions?.map(({ type, status, reason, message }) => ({
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

/** A Job: when it began, whether it has come to its end, and whether it ever had a pod. */
export function trimmedJob({ status, ...job }: Job): Job {
  const { conditions, startTime, completionTime, failed } = status ?? {};
  const kept = {
    ...(conditions && { conditions }),
    ...(startTime && { startTime }),
    ...(completionTime && { completionTime }),
    ...(failed !== undefined && { failed }),
  };
  return { ...job, ...(Object.keys(kept).length > 0 && { status: kept }) };
}

/** A pod: what it does, and where; not what it is made of. */
export function trimmedPod({ metadata, spec, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, labels, ownerReferences } = metadata ?? {};
  const { creationTimestamp, deletionTimestamp } = metadata ?? {};
  const identity = { name, namespace, uid, resourceVersion, labels, ownerReferences };
  const { phase, podIP, conditions, containerStatuses, initContainerStatuses } = status ?? {};
  const { reason, message } = status ?? {};
  return {
    metadata: { ...identity, creationTimestamp, deletionTimestamp },
    // The containers' names are in their statuses.
    spec: { containers: [], nodeName: spec?.nodeName },
    status: {
      phase,
      podIP,
      conditions,
      containerStatuses,
      initContainerStatuses,
      reason,
      message,
    },
  };
}
