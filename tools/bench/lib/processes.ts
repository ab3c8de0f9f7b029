import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks per second in /proc; the kernel promises this number to all programs. */
const ticksPerSecond = 100;

/** The line that /proc/PID/stat consists of, as far as it is needed. */
export interface Stat {
  pid: number;
  parent: number;
  /** Whether it has ended and its parent has not read its exit code yet. */
  isZombie: boolean;
  /** CPU time of the process and of its children that ended, in seconds. */
  seconds: number;
}

/** Reads /proc/PID/stat; the name of the program may itself have spaces and parentheses. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return {
    pid: Number.parseInt(text),
    parent: Number(fields[1]),
    isZombie: fields[0] === "Z",
    seconds: ticks / ticksPerSecond,
  };
}

/** A process and all that descend from it. */
export function family(stats: Stat[], root: number): Stat[] {
  const own = stats.filter(({ pid }) => pid === root);
  const children = stats.filter(({ parent }) => parent === root);
  return [...own, ...children.flatMap(({ pid }) => family(stats, pid))];
}

/** CPU time that a family of processes has used up to a moment. */
export interface Usage {
  /** Nanoseconds of each thread that lives. */
  threads: Map<string, number>;
  /** Seconds in steps of 10 ms, with the threads and children that have ended. */
  seconds: number;
}

/**
 * Seconds of CPU between two moments: exact as long as the threads live. When some ended between
 * the two, the coarser count knows more.
 */
export function cpuSeconds(before: Usage, after: Usage): number {
  let exact = 0;
  for (const [thread, nanoseconds] of after.threads) {
    exact += (nanoseconds - (before.threads.get(thread) ?? 0)) / 1e9;
  }
  const coarse = after.seconds - before.seconds;
  const hasEnded = [...before.threads.keys()].some((thread) => !after.threads.has(thread));
  return hasEnded ? Math.max(exact, coarse) : exact;
}

/** Memory of a family of processes in bytes. */
export interface Memory {
  /** Sum of what each has in memory; what they share counts for each. */
  rss: number;
  /** The same with what is shared divided among those who share it. */
  pss: number;
  processes: number;
}

/** Reads /proc/PID/smaps_rollup. */
export function parseRollup(text: string): { rss: number; pss: number } {
  const kilobytes = (key: string) => Number(new RegExp(`^${key}: +(\\d+)`, "m").exec(text)?.[1]);
  return { rss: kilobytes("Rss") * 1024, pss: kilobytes("Pss") * 1024 };
}

/** Busy seconds of all CPUs by /proc/stat; what a hypervisor took away counts as busy. */
export function parseBusy(text: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    text.split("\n")[0] as string
  )
    .split(/ +/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}

/** The CPUs that this process may use, by /proc/self/status. */
export function parseAllowed(text: string): number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(text)?.[1] ?? "";
  return list.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Process ids of a family. */
export function pids(root: number): number[] {
  return members(root).map(({ pid }) => pid);
}

/** CPU time of a family up to now. */
export function usage(root: number): Usage {
  const found = members(root);
  const threads = found.flatMap(({ pid }) =>
    entries(`/proc/${pid}/task`).map((thread) => {
      const used = content(`/proc/${pid}/task/${thread}/schedstat`);
      return [thread, Number(used?.split(" ")[0] ?? 0)] as const;
    }),
  );
  const seconds = found.reduce((sum, stat) => sum + stat.seconds, 0);
  return { threads: new Map(threads), seconds };
}

/** Memory of a family now. */
export function memory(root: number): Memory {
  const parts = pids(root).map((pid) => content(`/proc/${pid}/smaps_rollup`));
  const found = parts.filter((text) => text !== undefined).map(parseRollup);
  return {
    rss: found.reduce((sum, { rss }) => sum + rss, 0),
    pss: found.reduce((sum, { pss }) => sum + pss, 0),
    processes: found.length,
  };
}

/** Memory of one process in bytes: resident now, and at its highest. */
export function residentMemory(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return { now: field("VmRSS"), peak: field("VmHWM") };
}

/** CPU time of one process with all its threads, in seconds. */
export function processSeconds(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8")).seconds;
}

/** CPU time of the main thread of a process, in seconds. */
export function mainThreadSeconds(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8")).seconds;
}

/** Busy seconds of the whole machine up to now. */
export function busySeconds(): number {
  return parseBusy(readFileSync("/proc/stat", "utf8"));
}

/** CPU time of this process and of its children that ended, in seconds. */
export function ownSeconds(): number {
  return parseStat(readFileSync("/proc/self/stat", "utf8")).seconds;
}

/** Whether a process has not ended. */
export function isRunning(pid: number): boolean {
  const text = content(`/proc/${pid}/stat`);
  return text !== undefined && !parseStat(text).isZombie;
}

/** The CPUs that this process may use. */
export function allowedCpus(): number[] {
  return parseAllowed(readFileSync("/proc/self/status", "utf8"));
}

function members(root: number): Stat[] {
  const numbers = entries("/proc").filter((name) => /^\d+$/.test(name));
  const texts = numbers.map((pid) => content(`/proc/${pid}/stat`));
  return family(texts.filter((text) => text !== undefined).map(parseStat), root);
}

/** The text of a file of /proc; undefined when the process has ended meanwhile. */
function content(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
