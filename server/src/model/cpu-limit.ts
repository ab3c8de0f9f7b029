import { readFileSync } from "node:fs";

/** Reads a file under /sys/fs/cgroup; undefined when there is none. */
export type ReadControl = (name: string) => string | undefined;

/**
 * Threads for one run: as many as CPUs that the container may use at the same time, and one where
 * it has no limit. A container without a limit shares the node's CPUs with all others, and its
 * share, the request, is not to be seen from inside.
 */
export function runThreads(read: ReadControl = readControl): number {
  return Math.max(1, Math.floor(cpuLimit(read) ?? 1));
}

/** CPUs that the container may use at the same time; undefined without a limit. */
export function cpuLimit(read: ReadControl): number | undefined {
  const [quota, period] =
    read("cpu.max")?.trim().split(" ") ??
    ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"].map((name) => read(name)?.trim());
  const cpus = Number(quota) / Number(period);
  // "max" and -1 say that there is no limit.
  return cpus > 0 && Number.isFinite(cpus) ? cpus : undefined;
}

function readControl(name: string): string | undefined {
  try {
    return readFileSync(`/sys/fs/cgroup/${name}`, "utf8");
  } catch {
    return undefined;
  }
}
