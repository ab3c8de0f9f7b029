import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** A program that is measured from outside. */
export interface Measured {
  /** Resident memory in MiB, now and at its highest. */
  memory(): { now: number; peak: number };
  /** Seconds of CPU since it was started. */
  cpu(): number;
  /** Asks it to end, and waits until it has. */
  end(): Promise<void>;
}

const ticksPerSecond = 100;

/** Starts a program; what it writes goes to this process's standard error when it is an error. */
export function measured(
  [command, args]: [string, string[]],
  env: NodeJS.ProcessEnv = {},
): Measured {
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "close");
  return {
    memory: () => ({ now: field(child, "VmRSS") / 1024, peak: field(child, "VmHWM") / 1024 }),
    cpu: () => cpuTicks(child) / ticksPerSecond,
    async end() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function field(child: ChildProcess, name: string): number {
  const status = proc(child, "status");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
}

function cpuTicks(child: ChildProcess): number {
  // After the name of the program, which may contain anything, the fields begin with the third.
  const fields = proc(child, "stat").split(") ").at(-1)?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function proc({ pid, exitCode }: ChildProcess, file: string): string {
  if (exitCode !== null) throw new Error(`The operator has ended with exit code ${exitCode}`);
  return readFileSync(`/proc/${pid}/${file}`, "utf8");
}
