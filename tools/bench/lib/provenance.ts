import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";

/** When, where and of what something was measured. */
export interface Provenance {
  /** RFC 3339 time of the beginning. */
  measuredAt: string;
  /** The commit that was measured, with a `+` when files had been changed. */
  commit: string;
  /** Processor, CPUs and kernel. */
  machine: string;
}

/** What holds for a measurement that begins now. */
export function provenance(): Provenance {
  return { measuredAt: new Date().toISOString(), commit: commit(), machine: machine() };
}

/** How a report begins: the day, the commit and the machine. */
export function measuredOn(origin: Provenance): string {
  const day = origin.measuredAt.slice(0, 10);
  return `Measured on ${day} at commit \`${origin.commit}\`: ${origin.machine}`;
}

/** Processes that ran or waited for a CPU, on average over the last minute. */
export function loadAverage(): number {
  return loadavg()[0] as number;
}

function commit(): string {
  const args = ["describe", "--always", "--dirty=+", "--exclude=*"];
  try {
    return execFileSync("git", args, { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

function machine(): string {
  const model = /^model name\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
  return `${model ?? process.arch}, ${cpus().length} CPUs, Linux ${release()}`;
}
