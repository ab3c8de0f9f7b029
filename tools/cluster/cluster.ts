import { existsSync, mkdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { addOnsAvailable, applyAddOns, buildAddOns, importAddOns } from "./add-ons.ts";
import type { Addresses } from "./addresses.ts";
import { ask, hasCondition } from "./api.ts";
import { createCertificates } from "./certificates.ts";
import { createGroups, removeGroups } from "./cgroups.ts";
import { apiServer, controllerManager, etcd, scheduler } from "./control-plane.ts";
import type { Instance } from "./instance.ts";
import { locked } from "../support/lock.ts";
import { addressesOf, createNode, inNode, namespaces, removeLink } from "./network.ts";
import { configureNode, containerd, kubelet, kubeProxy, nodeName } from "./node.ts";
import { installPackages, missingPackages, requireRoot } from "./programs/packages.ts";
import { endAll, hasEnded, processes, processOf, start, until, type Part } from "./parts.ts";
import { areBuilt, buildPrograms, programsFolder } from "./programs/programs.ts";
import { step } from "../support/progress.ts";

/** The programs of a cluster, in the order of their start. */
const makers: Record<string, (programs: string, network: Addresses) => Part> = {
  etcd,
  containerd,
  "kube-apiserver": apiServer,
  "kube-controller-manager": controllerManager,
  "kube-scheduler": scheduler,
  kubelet,
  "kube-proxy": kubeProxy,
};

/** The parts of a running cluster. */
const parts = [namespaces, ...Object.keys(makers)];

/** Makes everything that is made once: Debian packages, programs, the add-ons' images. */
export async function build(): Promise<void> {
  requireRoot();
  await locked("build", "build", async () => {
    const missing = missingPackages();
    if (missing.length > 0) {
      await step(`Installing ${missing.join(", ")}`, () => installPackages(missing));
    }
    if (!areBuilt()) {
      await step("Building the Kubernetes programs (once, about 8 minutes)", buildPrograms);
    }
    await buildAddOns();
  });
}

/** Starts the cluster; a cluster that runs is left as it is, one that runs in part is restarted. */
export async function up(instance: Instance): Promise<void> {
  await build();
  await locked(instance.id, "up", async () => {
    if (await isUp(instance)) {
      console.log("The cluster is running.");
    } else {
      if (exists(instance))
        await step("Removing what is left of a cluster", () => remove(instance));
      await create(instance);
    }
  });
  console.log(`KUBECONFIG=${instance.kubeconfig}`);
}

/** Removes every trace of the cluster; what was built stays in the cache. */
export async function down(instance: Instance): Promise<void> {
  requireRoot();
  await locked(instance.id, "down", async () => {
    if (exists(instance)) await step("Removing the cluster", () => remove(instance));
    else console.log("There is no cluster.");
  });
}

/** Says which parts run; whether the cluster can be used is the result. */
export async function status(instance: Instance): Promise<boolean> {
  for (const name of parts) {
    const pid = processOf(instance, name);
    console.log(`${name.padEnd(24)} ${pid === undefined ? "not running" : `process ${pid}`}`);
  }
  const usable = await isUp(instance);
  console.log(usable ? `The cluster is running.` : "The cluster is not running.");
  if (usable) console.log(`KUBECONFIG=${instance.kubeconfig}`);
  return usable;
}

/** Kills a part of a running cluster, as a crash would; the others go on without it. */
export async function stopPart(instance: Instance, name: string): Promise<void> {
  maker(name);
  const pid = processOf(instance, name);
  if (pid === undefined) throw new Error(`${name} is not running; run: make cluster-up`);
  process.kill(pid, "SIGKILL");
  const wait = { what: `${name} to end`, parts: [], seconds: 10 };
  await until(instance, wait, async () => hasEnded(pid));
}

/** Starts a part that was stopped, with the arguments it had. */
export function startPart(instance: Instance, name: string): void {
  const make = maker(name);
  if (processOf(instance, name) !== undefined) return;
  startInNode(instance, make(programsFolder(), addressesOf(instance)));
}

function maker(name: string) {
  const make = makers[name];
  if (make) return make;
  throw new Error(`There is no part "${name}"; there are: ${Object.keys(makers).join(", ")}`);
}

async function create(instance: Instance): Promise<void> {
  const programs = programsFolder();
  const network = await step("Creating the node", async () => {
    for (const folder of [instance.run, instance.logs]) mkdirSync(folder, { recursive: true });
    createGroups(instance);
    const addresses = await createNode(instance);
    await createCertificates(instance, addresses);
    configureNode(instance, addresses);
    return addresses;
  });
  await step("Starting the control plane", () => startControlPlane(instance, programs, network));
  await step("Starting the node", () => startNode(instance, programs, network));
  await step("Starting the add-ons", async () => {
    await applyAddOns(instance, network);
    await addOnsAvailable(instance);
  });
  writeFileSync(completeFile(instance), programs);
}

async function startControlPlane(
  instance: Instance,
  programs: string,
  network: Addresses,
): Promise<void> {
  const run = (part: Part) => startInNode(instance, part);
  run(etcd(programs));
  // Importing images takes as long as the API server does.
  run(containerd(programs));
  run(apiServer(programs, network));
  const wait = { what: "the API server", parts: ["kube-apiserver", "etcd"], seconds: 60 };
  await Promise.all([importImages(instance), until(instance, wait, () => isReady(instance))]);
  // Not earlier: without the roles that the API server makes, the controller manager ends at once.
  run(controllerManager(programs));
  run(scheduler(programs));
}

async function importImages(instance: Instance): Promise<void> {
  const wait = { what: "containerd", parts: ["containerd"], seconds: 30 };
  await until(instance, wait, async () => existsSync(instance.containerd));
  await importAddOns(instance);
}

async function startNode(instance: Instance, programs: string, network: Addresses): Promise<void> {
  startInNode(instance, kubelet(programs, network));
  startInNode(instance, kubeProxy(programs, network));
  const wait = {
    what: "the node",
    parts: ["kubelet", "containerd", "kube-apiserver"],
    seconds: 60,
  };
  await until(instance, wait, () => hasCondition(instance, `/api/v1/nodes/${nodeName}`, "Ready"));
}

function startInNode(instance: Instance, part: Part): void {
  const [command, args] = inNode(instance, part.command, part.args);
  start(instance, { name: part.name, command, args });
}

/** Whether this checkout's programs run and answer. Slow add-ons are no reason to restart it. */
async function isUp(instance: Instance): Promise<boolean> {
  if (!existsSync(completeFile(instance))) return false;
  if (readFileSync(completeFile(instance), "utf8") !== programsFolder()) return false;
  if (parts.some((name) => processOf(instance, name) === undefined)) return false;
  return isReady(instance);
}

async function isReady(instance: Instance): Promise<boolean> {
  return (await ask(instance, "/readyz")) === "ok";
}

function exists(instance: Instance): boolean {
  return (
    [instance.run, instance.state].some((path) => existsSync(path)) ||
    processes(instance).length > 0
  );
}

async function remove(instance: Instance): Promise<void> {
  await endAll(instance);
  await removeLink(instance);
  await removeGroups(instance);
  for (const folder of [instance.state, instance.run]) {
    rmSync(folder, { recursive: true, force: true });
    removeIfEmpty(dirname(folder));
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Another checkout's cluster is in it.
  }
}

/** Written last; names the programs that the cluster was started from. */
function completeFile({ run }: Instance): string {
  return join(run, "complete");
}
