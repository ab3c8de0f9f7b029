import type { V1ObjectMeta } from "@kubernetes/client-node";

/** Where the API server keeps objects of one kind. */
export interface Kind {
  /** Group and version, for example `apps/v1`; `v1` for the core group. */
  apiVersion: string;
  kind: string;
  /** The name in paths, for example `deployments`. */
  plural: string;
  namespaced: boolean;
  /** Not every cluster has it. */
  optional?: boolean;
}

/**
 * The least that every object has in common. Both client-node's types (`V1Deployment`) and their
 * wire form (`Wire<V1Deployment>`) fit.
 */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: Omit<V1ObjectMeta, "creationTimestamp" | "deletionTimestamp" | "managedFields"> & {
    creationTimestamp?: unknown;
    deletionTimestamp?: unknown;
    managedFields?: unknown[];
  };
}

/**
 * T as it travels: client-node types times as Date, but JSON has only strings, and nothing here
 * turns the one into the other.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends object
    ? { [Key in keyof T]: Wire<T[Key]> }
    : T;

/** The kinds that the operator reads or writes. */
export const kinds = {
  modelDeployment: namespaced("intendant.dev/v1alpha1", "ModelDeployment", "modeldeployments"),
  deployment: namespaced("apps/v1", "Deployment", "deployments"),
  service: namespaced("v1", "Service", "services"),
  horizontalPodAutoscaler: namespaced(
    "autoscaling/v2",
    "HorizontalPodAutoscaler",
    "horizontalpodautoscalers",
  ),
  podDisruptionBudget: namespaced("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  networkPolicy: namespaced("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
  ingress: namespaced("networking.k8s.io/v1", "Ingress", "ingresses"),
  httpRoute: {
    ...namespaced("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes"),
    optional: true,
  },
  job: namespaced("batch/v1", "Job", "jobs"),
  pod: namespaced("v1", "Pod", "pods"),
  configMap: namespaced("v1", "ConfigMap", "configmaps"),
  persistentVolumeClaim: namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
  node: { apiVersion: "v1", kind: "Node", plural: "nodes", namespaced: false },
  event: namespaced("v1", "Event", "events"),
  lease: namespaced("coordination.k8s.io/v1", "Lease", "leases"),
} as const satisfies Record<string, Kind>;

function namespaced(apiVersion: string, kind: string, plural: string): Kind {
  return { apiVersion, kind, plural, namespaced: true };
}
