import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Instance } from "./instance.ts";

/**
 * How much CPU all pods together get where there is not enough, as many times as one other process
 * of the machine; in the words of version 1 and 2. With the usual weight, that of one process, a
 * machine on which tests run leaves pods so little that no server answers in time.
 */
const weights = { "cpu.shares": 8 * 1024, "cpu.weight": 8 * 100 };

/** Makes the control group that kubelet puts all pods into; kubelet wants to find it. */
export function createGroups({ cgroup }: Instance): void {
  for (const hierarchy of hierarchies()) {
    const group = join(hierarchy, cgroup);
    mkdirSync(group, { recursive: true });
    for (const [name, weight] of Object.entries(weights)) {
      if (existsSync(join(group, name))) writeFileSync(join(group, name), `${weight}`);
    }
  }
}

/** Removes the control groups of a cluster whose processes have ended. */
export async function removeGroups({ cgroup }: Instance): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const group = join(hierarchy, cgroup);
    await removeGroup(group);
  }
}

async function removeGroup(group: string): Promise<void> {
  // The kernel may need a moment to see that a group is empty.
  for (let tries = 100; existsSync(group); tries -= 1) {
    try {
      removeTree(group);
    } catch (error) {
      if (tries === 0) throw new Error(`Could not remove ${group}`, { cause: error });
      await sleep(20);
    }
  }
}

/** Where the control group hierarchies are mounted: one in version 2, several in version 1. */
export function hierarchies(mounts = readFileSync("/proc/self/mounts", "utf8")): string[] {
  return mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .flatMap(([, folder]) => (folder === undefined ? [] : [folder]));
}

function removeTree(group: string): void {
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(group, entry.name));
  }
  rmdirSync(group);
}
