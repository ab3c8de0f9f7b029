import type { KubeObject } from "../../../operator/src/kube/resource.ts";

/** The namespace of everything that the benchmark makes. */
export const namespace = "scale";

/** ModelDeployments of the French classifier, of which some are broken. */
export function models(count: number, options: { broken?: number; round?: number } = {}): object[] {
  const { broken = 0, round = 1 } = options;
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: "intendant.dev/v1alpha1",
    kind: "ModelDeployment",
    metadata: { name: `${index < broken ? "broken" : "model"}-${index}`, namespace },
    spec: {
      model: { bundled: "intent-fr" },
      resources: { requests: { cpu: "10m", memory: "32Mi" } },
      server: { image: `server:${round}` },
    },
  }));
}

/** An object as one would write it to apply it without the operator. */
export function withoutOperator(object: KubeObject & { spec?: object }): object {
  const { apiVersion, kind, metadata, spec } = object;
  const { name, labels, annotations } = metadata ?? {};
  const own = kind === "Service" ? withoutAddresses(spec ?? {}) : spec;
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec: own };
}

function withoutAddresses(spec: object): object {
  const { clusterIP: _, clusterIPs: __, ...rest } = spec as Record<string, unknown>;
  return rest;
}
