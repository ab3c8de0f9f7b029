import type { V1NetworkPolicyPeer } from "@kubernetes/client-node";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { AllowedPeers } from "./installation.ts";
import { kinds, type Wire } from "../kube/resource.ts";
import { nameOfModel, type ChildKind } from "./child.ts";
import type { NetworkPolicy } from "../kube/objects.ts";
import { ports } from "../../../server/src/contract/ports.ts";
import { benchmarkName, metadata, modelLabel, serverName } from "./metadata.ts";

type Peer = Wire<V1NetworkPolicyPeer>;

/** Label that every namespace has, with its name. */
const namespaceName = "kubernetes.io/metadata.name";

/**
 * Who may connect to a model's pods: everybody to what they serve, and only those who measure and
 * watch them to their ops port. Undefined where the installation wants no policies.
 *
 * The kubelet's probes are not mentioned because they cannot be: what comes from a pod's own node is
 * always let in. There is one policy for all revisions, so that a rollout changes nothing about it;
 * therefore it opens the gRPC port even where the spec does not ask for gRPC (any more), and where
 * nothing listens. Ports go by number because not every network plugin knows their names.
 */
export function networkPolicy(
  model: ModelDeployment,
  allowedPeers: AllowedPeers | undefined,
): NetworkPolicy | undefined {
  if (!allowedPeers) return undefined;
  const { name } = model.metadata;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(model, name, { app: serverName }),
    spec: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": serverName, [modelLabel]: name } },
      policyTypes: ["Ingress"],
      ingress: [
        { ports: [tcp(ports.api), tcp(ports.grpc)] },
        { ports: [tcp(ports.ops)], from: [benchmarks(name), ...outside(allowedPeers)] },
      ],
    },
  };
}

/** The load generators of the model, in its own namespace. */
function benchmarks(model: string): Peer {
  return {
    podSelector: { matchLabels: { "app.kubernetes.io/name": benchmarkName, [modelLabel]: model } },
  };
}

function outside({ operator, monitoringNamespaces }: AllowedPeers): Peer[] {
  const watching = { key: namespaceName, operator: "In", values: monitoringNamespaces };
  return [
    {
      namespaceSelector: { matchLabels: { [namespaceName]: operator.namespace } },
      podSelector: { matchLabels: operator.labels },
    },
    // The API server refuses a list of no values.
    ...(monitoringNamespaces.length > 0
      ? [{ namespaceSelector: { matchExpressions: [watching] } }]
      : []),
  ];
}

function tcp(port: number) {
  return { protocol: "TCP", port };
}

/** The network policy among the children of a model. */
export const networkPolicyChild: ChildKind<NetworkPolicy> = {
  kind: kinds.networkPolicy,
  name: nameOfModel,
  build: ({ model, installation }) => networkPolicy(model, installation.networkPolicy),
  applied: "beforePods",
};
