import { createHash } from "node:crypto";
import { checkout } from "../support/checkout.ts";

/**
 * The names that one checkout's cluster goes by on this machine. They derive from the checkout's
 * path, so the clusters of two checkouts do not meet.
 */
export interface Instance {
  /** Eight hexadecimal digits. */
  id: string;
  checkout: string;
  /** What outlives a restart of the machine: the node's own /var/lib and /var/log. */
  state: string;
  /** The node's own /run: certificates, configuration, sockets, kubeconfig. */
  run: string;
  /** One log per part of the cluster, and those of the pods. */
  logs: string;
  /** For an administrator; complete in itself, so it may be copied. */
  kubeconfig: string;
  /** Where containerd listens, as seen from outside the node. */
  containerd: string;
  /** The host's end of the link to the node; the kernel allows 15 characters. */
  link: string;
  /** The control group that holds all pods, as a path below each hierarchy. */
  cgroup: string;
}

/** The cluster of a checkout. */
export function instance(root: string): Instance {
  const id = createHash("sha256").update(root).digest("hex").slice(0, 8);
  const state = `/var/lib/intendant/${id}`;
  const run = `/run/intendant/${id}`;
  return {
    id,
    checkout: root,
    state,
    run,
    logs: `${state}/log`,
    kubeconfig: `${run}/kubeconfig`,
    containerd: `${run}/containerd/containerd.sock`,
    link: `itd-${id}`,
    cgroup: `/intendant-${id}`,
  };
}

/** The cluster of the checkout that this file is part of. */
export const here = instance(checkout);
