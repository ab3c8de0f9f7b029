import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addresses, freeOctet, type Addresses } from "./addresses.ts";
import { run, succeeds } from "../support/command.ts";
import type { Instance } from "./instance.ts";
import { processOf, start, until } from "./parts.ts";

/** The part that keeps the node's namespaces in being. */
export const namespaces = "namespaces";

/**
 * Creates the node as seen from outside: a network namespace and a mount namespace. The network
 * has one link, to this machine. Of the file system, /run, /var/lib and /var/log are the node's
 * own. What is mounted or routed inside goes with the namespaces, that is with the last process.
 */
export async function createNode(instance: Instance): Promise<Addresses> {
  const octet = freeOctet(instance.id, await routes());
  const network = addresses(octet);
  start(instance, {
    name: namespaces,
    command: "unshare",
    args: ["--net", "--mount", "--propagation", "slave", "sleep", "infinity"],
  });
  const wait = { what: "namespaces", parts: [namespaces], seconds: 5 };
  await until(instance, wait, async () => isSeparate(processOf(instance, namespaces)));
  await mountFolders(instance);
  await createLink(instance, network);
  return network;
}

/** The addresses of a cluster that was created, as its kubeconfig tells them. */
export function addressesOf({ kubeconfig }: Instance): Addresses {
  const octet = /"https:\/\/10\.(\d+)\./.exec(readFileSync(kubeconfig, "utf8"))?.[1];
  if (octet === undefined) throw new Error(`${kubeconfig} is not one of a test cluster`);
  return addresses(Number(octet));
}

/** A command line that runs a program in the node's namespaces. */
export function inNode(instance: Instance, command: string, args: string[]): [string, string[]] {
  const target = processOf(instance, namespaces);
  if (target === undefined) throw new Error("The cluster is not running");
  return ["nsenter", ["--target", `${target}`, "--net", "--mount", "--", command, ...args]];
}

/** Removes the host's end of the link, and the route with it. */
export async function removeLink({ link }: Instance): Promise<void> {
  // The kernel removes it when the namespace is gone, but it may take its time.
  if (await succeeds("ip", ["link", "show", link])) await succeeds("ip", ["link", "delete", link]);
}

async function routes(): Promise<string[]> {
  const shown = await run("ip", ["-4", "route", "show", "table", "all"]);
  // Lines of the table `local` begin with a word: `broadcast 10.0.0.255 dev eth0 …`.
  return shown.split("\n").flatMap((line) => /\d+(\.\d+){3}(\/\d+)?/.exec(line)?.[0] ?? []);
}

function isSeparate(pid: number | undefined): boolean {
  const namespace = (process: string) => readlinkSync(`/proc/${process}/ns/mnt`);
  return pid !== undefined && namespace(`${pid}`) !== namespace("self");
}

/** What kubelet would otherwise write to the kernel of this machine, with the values it wants. */
const kernelSettings = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
};

async function mountFolders(instance: Instance): Promise<void> {
  const inside = (command: string, ...args: string[]) => run(...inNode(instance, command, args));
  // Volumes mounted by kubelet have to show in containerd's mounts.
  await inside("mount", "--make-rshared", "/");
  for (const [setting, value] of Object.entries(kernelSettings)) {
    const file = join(instance.run, "sysctl", setting.replaceAll("/", "."));
    mkdirSync(join(instance.run, "sysctl"), { recursive: true });
    writeFileSync(file, `${value}\n`);
    await inside("mount", "--bind", file, `/proc/sys/${setting}`);
  }
  mkdirSync(join(instance.state, "lib"), { recursive: true });
  // In this order: each hides the folder that the one before was in.
  await inside("mount", "--bind", join(instance.state, "log"), "/var/log");
  await inside("mount", "--bind", join(instance.state, "lib"), "/var/lib");
  await inside("mount", "--bind", instance.run, "/run");
}

async function createLink(instance: Instance, { network, host, node }: Addresses): Promise<void> {
  const ip = (...args: string[]) => run("ip", args);
  const inside = (command: string, ...args: string[]) => run(...inNode(instance, command, args));
  const pid = `${processOf(instance, namespaces)}`;
  await ip("link", "add", instance.link, "type", "veth", "peer", "name", "eth0", "netns", pid);
  await ip("address", "add", `${host}/30`, "dev", instance.link);
  await ip("link", "set", instance.link, "up");
  await ip("route", "add", network, "via", node, "dev", instance.link);
  await inside("ip", "link", "set", "lo", "up");
  await inside("ip", "address", "add", `${node}/30`, "dev", "eth0");
  await inside("ip", "link", "set", "eth0", "up");
  // A bridge without ports: the default route that programs ask for, and it leads nowhere.
  await inside("ip", "link", "add", "nowhere", "type", "bridge");
  await inside("ip", "link", "set", "nowhere", "up");
  await inside("ip", "route", "add", "default", "dev", "nowhere");
  await inside("sysctl", "-qw", "net.ipv4.ip_forward=1");
  await bridgeFilter(inside);
}

/** Lets kube-proxy's rules see what passes between two pods of the same bridge. */
async function bridgeFilter(
  inside: (command: string, ...args: string[]) => Promise<string>,
): Promise<void> {
  const setting = "net.bridge.bridge-nf-call-iptables";
  if (!(await succeeds("sysctl", ["-n", setting]))) await succeeds("modprobe", ["br_netfilter"]);
  await inside("sysctl", "-qw", `${setting}=1`);
}
