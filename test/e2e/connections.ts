import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { V1Namespace, V1Pod } from "@kubernetes/client-node";
import { here } from "../../tools/cluster/instance.ts";
import { inNode } from "../../tools/cluster/network.ts";
import type { Endpoint } from "../support/network-policies.ts";
import { kubectl } from "./world.ts";

/** A TCP connection as the node's kernel saw it; the addresses are those of the two ends. */
export interface Seen {
  from: string;
  to: string;
  port: number;
}

/** The TCP connections that were opened on the node since the recording began. */
export interface Recording {
  /** Each once; where a Service stands between, `to` and `port` are the pod's. */
  seen(): Seen[];
  stop(): Promise<void>;
}

/** Records until it is stopped. */
export async function record(): Promise<Recording> {
  const args = ["--event", "--event-mask", "NEW", "--proto", "tcp", "--buffer-size", "4194304"];
  const child = spawn(...inNode(here, "conntrack", args), { stdio: ["ignore", "pipe", "pipe"] });
  const seen = new Map<string, Seen>();
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (words += text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const connection = understood(line);
    if (connection) seen.set(JSON.stringify(connection), connection);
  });
  await once(child, "spawn");
  return {
    seen() {
      if (child.exitCode !== null) throw new Error(`conntrack ended: ${words}`);
      return [...seen.values()];
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, "close");
      child.kill();
      await closed;
    },
  };
}

/** A line has the two directions: who asked whom, and who answers. The second one has the pod. */
function understood(line: string): Seen | undefined {
  const [, back] = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)];
  const [, to, from, port] = back ?? [];
  return from && to ? { from, to, port: Number(port) } : undefined;
}

/** The pods of the cluster by their addresses, as NetworkPolicies see them. */
export async function endpoints(): Promise<Map<string, Endpoint>> {
  const all = async <T>(kind: string) =>
    (JSON.parse(await kubectl("get", kind, "-A", "-o", "json")) as { items: T[] }).items;
  const [pods, namespaces] = await Promise.all([all<V1Pod>("pod"), all<V1Namespace>("namespace")]);
  const labels = new Map(namespaces.map(({ metadata }) => [metadata?.name, metadata?.labels]));
  const own = pods.filter(({ spec, status }) => status?.podIP && !spec?.hostNetwork);
  return new Map(
    own.map((pod) => [pod.status!.podIP!, endpoint(pod, labels.get(pod.metadata?.namespace))]),
  );
}

function endpoint({ metadata, spec }: V1Pod, namespaceLabels: Endpoint["namespaceLabels"] = {}) {
  const ports = spec!.containers.flatMap(({ ports = [] }) => ports);
  return {
    namespace: metadata!.namespace!,
    namespaceLabels,
    labels: metadata!.labels ?? {},
    ports: Object.fromEntries(ports.map(({ name = "", containerPort }) => [name, containerPort])),
  };
}
