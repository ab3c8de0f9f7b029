import type {
  V1LabelSelector,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from "@kubernetes/client-node";
import type { Wire } from "../../operator/src/kube/resource.ts";
import type { NetworkPolicy } from "../../operator/src/kube/objects.ts";

type Labels = Record<string, string>;
type Selector = Wire<V1LabelSelector>;
type Peer = Wire<V1NetworkPolicyPeer>;
type Port = Wire<V1NetworkPolicyPort>;

/** A pod as NetworkPolicies see it. */
export interface Endpoint {
  namespace: string;
  namespaceLabels: Labels;
  labels: Labels;
  /** Container ports by name. */
  ports: Record<string, number>;
}

/** A TCP connection from one pod to a port of another. */
export interface Connection {
  from: Endpoint;
  to: Endpoint;
  port: number;
}

/**
 * Whether the pod that is connected to lets a connection in, by the rules of networking.k8s.io/v1:
 * a pod that no policy selects lets everything in, and otherwise one rule of one policy is enough.
 * What the other pod may send is not looked at.
 *
 * @param policies of all namespaces
 * @throws Error for a peer that is a block of addresses, because no address is known here
 */
export function allows(policies: NetworkPolicy[], connection: Connection): boolean {
  const { from, to, port } = connection;
  const own = policies.filter(
    ({ metadata, spec }) =>
      metadata?.namespace === to.namespace &&
      (spec?.policyTypes ?? ["Ingress"]).includes("Ingress") &&
      selects(spec?.podSelector ?? {}, to.labels),
  );
  const rules = own.flatMap(({ spec }) => spec?.ingress ?? []);
  const fits = (one: Port) => fitsPort(one, port, to);
  const isPeer = (peer: Peer) => fitsPeer(peer, from, to.namespace);
  return (
    own.length === 0 ||
    rules.some((rule) => anyOrEmpty(rule.ports, fits) && anyOrEmpty(rule.from, isPeer))
  );
}

/** An empty or missing list means everything. */
function anyOrEmpty<T>(list: T[] | undefined, fits: (item: T) => boolean): boolean {
  return list === undefined || list.length === 0 || list.some(fits);
}

function fitsPort(
  { protocol = "TCP", port, endPort }: Port,
  actual: number,
  to: Endpoint,
): boolean {
  if (protocol !== "TCP") return false;
  if (port === undefined) return true;
  const first = typeof port === "number" ? port : to.ports[port];
  return first !== undefined && actual >= first && actual <= (endPort ?? first);
}

/** Without a namespaceSelector a peer is in the policy's own namespace. */
function fitsPeer({ ipBlock, namespaceSelector, podSelector }: Peer, from: Endpoint, own: string) {
  if (ipBlock) throw new Error("A NetworkPolicy with an ipBlock cannot be judged by labels");
  const isNear = namespaceSelector
    ? selects(namespaceSelector, from.namespaceLabels)
    : from.namespace === own;
  return isNear && selects(podSelector ?? {}, from.labels);
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const isThere = key in labels;
      if (operator === "Exists") return isThere;
      if (operator === "DoesNotExist") return !isThere;
      const isAmong = isThere && values.includes(labels[key] ?? "");
      if (operator === "In") return isAmong;
      if (operator === "NotIn") return !isAmong;
      throw new Error(`A selector has the unknown operator ${operator}`);
    })
  );
}
