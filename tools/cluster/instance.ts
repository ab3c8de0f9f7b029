import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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
export function instance(checkout: string): Instance {
  const id = createHash("sha256").update(checkout).digest("hex").slice(0, 8);
  const state = `/var/lib/intendant/${id}`;
  const run = `/run/intendant/${id}`;
  return {
    id,
    checkout,
    state,
    run,
    logs: `${state}/log`,
    kubeconfig: `${run}/kubeconfig`,
    containerd: `${run}/containerd/containerd.sock`,
    link: `itd-${id}`,
    cgroup: `/intendant-${id}`,
  };
}

/** The root of the checkout that this file is part of. */
export const checkout = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));

/** The cluster of the checkout that this file is part of. */
export const here = instance(checkout);

/** Where what is expensive to make is kept; shared by all checkouts. */
export const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "intendant");
