import type {
  V1ConfigMap,
  V1Deployment,
  V1Ingress,
  V1Job,
  V1NetworkPolicy,
  V1NetworkPolicyIngressRule,
  V1NetworkPolicySpec,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodTemplateSpec,
  V1Service,
  V2HorizontalPodAutoscaler,
} from "@kubernetes/client-node";
import type { KubeObject, Wire } from "./resource.ts";
export type Deployment = Wire<V1Deployment>;

export type Service = Wire<V1Service>;

export type Autoscaler = Wire<V2HorizontalPodAutoscaler>;

export type Job = Wire<V1Job>;

export type Pod = Wire<V1Pod>;

export type PodTemplate = Wire<V1PodTemplateSpec>;

export type ConfigMap = Wire<V1ConfigMap>;

export type PersistentVolumeClaim = Wire<V1PersistentVolumeClaim>;

export type DisruptionBudget = Wire<V1PodDisruptionBudget>;

export type Ingress = Wire<V1Ingress>;

export type IngressRule = Wire<V1NetworkPolicyIngressRule>;

/** client-node writes `_from` for what is `from` on the wire. */
export type NetworkPolicy = Omit<Wire<V1NetworkPolicy>, "spec"> & {
  spec?: Omit<Wire<V1NetworkPolicySpec>, "ingress"> & {
    ingress?: (Omit<IngressRule, "_from"> & { from?: IngressRule["_from"] })[];
  };
};

/** Name of an object. */
export function nameOf(object: KubeObject): string {
  return object.metadata?.name ?? "";
}

/** Finds the condition of a type that is True. */
export function isTrue(type: string) {
  return (condition: { type: string; status: string }): boolean =>
    condition.type === type && condition.status === "True";
}

/** An HTTPRoute of the Gateway API, as far as it is used here; client-node has no type for it. */
export interface HTTPRoute extends KubeObject {
  spec?: {
    parentRefs: { name: string; namespace?: string; sectionName?: string }[];
    hostnames?: string[];
    rules: {
      matches: { path: { type: "PathPrefix"; value: string } }[];
      backendRefs: { name: string; port: number }[];
    }[];
  };
}
