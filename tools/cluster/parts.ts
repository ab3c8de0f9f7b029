import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines } from "../support/command.ts";
import type { Instance } from "./instance.ts";

/** A program that runs as long as the cluster does. */
export interface Part {
  name: string;
  command: string;
  args: string[];
}

/** Command line flags as Go programs take them. */
export function flags(values: Record<string, string>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

/**
 * Every process of a cluster carries the cluster's id in this variable of its environment, and so
 * do the processes that it starts. Unlike a recorded process id, it cannot come to mean another
 * process. (Containers do not inherit it; their control group tells whose they are.)
 */
const marker = "INTENDANT_CLUSTER";

/** Starts a part in the background; its output goes to the part's log. */
export function start(instance: Instance, { name, command, args }: Part): void {
  mkdirSync(instance.logs, { recursive: true });
  const log = openSync(logFile(instance, name), "a");
  const child = spawn(command, args, {
    cwd: "/",
    detached: true,
    // Nothing else: a proxy in the environment would come between the parts.
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], [marker]: instance.id },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  // A program that is not there shows in the log and as a part that has ended.
  child.on("error", (error) => writeFileSync(logFile(instance, name), `${error.message}\n`));
  child.unref();
  writeFileSync(pidFile(instance, name), `${child.pid ?? 0}`);
}

/** The process id of a part, while it runs. */
export function processOf(instance: Instance, name: string): number | undefined {
  const pid = Number(read(pidFile(instance, name)));
  return pid > 0 && (belongs(instance, pid) || isStarting(pid)) ? pid : undefined;
}

/** Whether a process is about to become another program: then its environment is empty. */
function isStarting(pid: number): boolean {
  return read(`/proc/${pid}/environ`) === "" && existsSync(`/proc/${pid}/exe`);
}

/** What a part has written. */
function logFile({ logs }: Instance, name: string): string {
  return join(logs, `${name}.log`);
}

/** Prints the logs of all parts, or of one. */
export function showLogs(instance: Instance, name?: string): void {
  const files = existsSync(instance.logs) ? globSync("*.log", { cwd: instance.logs }) : [];
  const names = files.map((file) => file.slice(0, -".log".length)).sort();
  if (names.length === 0) throw new Error("There are no logs: the cluster has not been started");
  if (name !== undefined && !names.includes(name)) {
    throw new Error(`There is no part "${name}"; there are: ${names.join(", ")}`);
  }
  for (const part of name === undefined ? names : [name]) {
    console.log(`== ${logFile(instance, part)}`);
    process.stdout.write(read(logFile(instance, part)) ?? "");
  }
}

/** What to wait for, and how long. */
export interface Wait {
  /** Completes the sentence `Waited 10 s for …`. */
  what: string;
  /** The parts without which it cannot happen; the first one's log is quoted. */
  parts: string[];
  seconds: number;
}

/**
 * Waits until a condition holds.
 *
 * @throws Error with the end of the culprit's log, as soon as one of the parts has ended, or when
 *   the time is over
 */
export async function until(
  instance: Instance,
  { what, parts, seconds }: Wait,
  condition: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await condition())) {
    const ended = parts.find((name) => processOf(instance, name) === undefined);
    const late = performance.now() > end;
    // Also gives a part that is ending the time to write why.
    await sleep(100);
    if (ended) throw new Error(`${ended} has ended.${culprit(instance, ended)}`);
    if (late) throw new Error(`Waited ${seconds} s for ${what}.${culprit(instance, parts[0])}`);
  }
}

function culprit(instance: Instance, name: string | undefined): string {
  if (name === undefined) return "";
  const file = logFile(instance, name);
  const end = lastLines(read(file) ?? "", 15).replaceAll(/(?<=^.{300}).+/gm, "…");
  return ` The end of ${file}:\n${end}`;
}

/** Ends all processes of a cluster, those of its containers included, and waits until they are gone. */
export async function endAll(instance: Instance): Promise<void> {
  const limit = performance.now() + 20_000;
  // One that is about to become another program is not seen: only what is seen twice is true.
  for (let looks = 0; looks < 2; looks += 1) {
    const pids = processes(instance);
    if (pids.length > 0) looks = -1;
    if (performance.now() > limit) {
      throw new Error(`These processes of the cluster do not end: ${pids.join(" ")}`);
    }
    for (const pid of pids) kill(pid);
    await sleep(50);
  }
}

/**
 * Whether a process has let go of everything, its ports among it. Its first thread can be gone, and
 * the process look like it, while others still hold them.
 */
export function hasEnded(pid: number): boolean {
  return threads(pid).every((thread) => {
    const [state = ""] = (read(`/proc/${pid}/task/${thread}/stat`) ?? "").split(") ").slice(-1);
    return state === "" || /^[ZX]/.test(state);
  });
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** All processes of a cluster. */
export function processes(instance: Instance): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && belongs(instance, pid));
}

function belongs({ id, cgroup }: Instance, pid: number): boolean {
  const environment = read(`/proc/${pid}/environ`)?.split("\0") ?? [];
  if (environment.includes(`${marker}=${id}`)) return true;
  return (read(`/proc/${pid}/cgroup`) ?? "").includes(`:${cgroup}/`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function pidFile({ run }: Instance, name: string): string {
  return join(run, `${name}.pid`);
}

/** A file's text, or nothing where there is no such file (or, in /proc, no longer). */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
