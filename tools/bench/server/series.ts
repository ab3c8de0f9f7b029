import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { pythonVersion } from "../lib/environments.ts";
import { measure } from "./measure.ts";
import { bundleServers, writeQuestions } from "./prepare.ts";
import { allowedCpus } from "./processes.ts";
import type { Figures, ModelName, Run, Series } from "./results.ts";
import type { Server, Startable } from "./servers.ts";

/** What to measure. */
export interface Wanted {
  servers: Server[];
  models: ModelName[];
  rounds: number;
  seconds: number;
}

/** A server that is prepared, or why it could not be. */
type Prepared = { server: Server } & ({ startable: Startable } | { failure: string });

/** Prepares everything, and then measures the servers in turns. */
export async function measureAll({ servers, models, rounds, seconds }: Wanted): Promise<Series> {
  const cpu = pinOtherThings();
  await bundleServers();
  await writeQuestions();
  const prepared: Prepared[] = [];
  for (const server of servers) prepared.push(await prepare(server));

  const measuredAt = new Date().toISOString();
  const began = performance.now();
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const model of models) {
      for (const one of prepared) {
        const { server } = one;
        if (!server.questions[model]) continue;
        const run = { round, server: server.name, model, ...(await runOnce(one, model)) };
        runs.push(run);
        console.log(line(run, performance.now() - began));
      }
    }
  }
  return {
    measuredAt,
    commit: commit(),
    machine: machine(),
    versions: { node: process.version, python: pythonVersion() },
    seconds,
    rounds,
    sizes: sizes(prepared),
    runs,
  };

  async function runOnce(one: Prepared, model: ModelName): Promise<Partial<Run>> {
    const kind = one.server.questions[model];
    try {
      if ("failure" in one || !kind) throw new Error("failure" in one ? one.failure : "");
      const command = (ports: Parameters<Startable["command"]>[1]) =>
        one.startable.command(model, ports);
      return { figures: await measure(command, kind, { cpu, seconds }) };
    } catch (error) {
      return { failure: (error as Error).message };
    }
  }
}

/** Moves this process, and so what it starts, to one CPU; gives the one for the servers. */
function pinOtherThings(): number {
  const [first, second] = allowedCpus();
  if (first === undefined || second === undefined) {
    throw new Error("The server and the load need a CPU each, and there is only one");
  }
  const all = ["--all-tasks", "--pid", "--cpu-list", String(second), String(process.pid)];
  execFileSync("taskset", all, { stdio: "ignore" });
  return first;
}

/** A server that cannot even be prepared is reported like one that fails later. */
async function prepare(server: Server): Promise<Prepared> {
  try {
    return { server, startable: await server.prepare() };
  } catch (error) {
    return { server, failure: (error as Error).message };
  }
}

function sizes(prepared: Prepared[]): Record<string, number> {
  const found = prepared.flatMap((one) =>
    "startable" in one ? [[one.server.name, bytes(one.startable.installed)] as const] : [],
  );
  return Object.fromEntries(found);
}

function bytes(paths: string[]): number {
  const args = ["--bytes", "--summarize", "--total", "--dereference-args", ...paths];
  const output = execFileSync("du", args, { encoding: "utf8" });
  return Number.parseInt(output.trim().split("\n").at(-1) ?? "");
}

/** The commit that is checked out, with a `+` when files have been changed. */
export function commit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  try {
    return git("describe", "--always", "--dirty=+", "--exclude=*");
  } catch {
    return "unknown";
  }
}

/** What the machine is: processor, CPUs and kernel. */
export function machine(): string {
  const model = /^model name\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
  return `${model ?? process.arch}, ${cpus().length} CPUs, Linux ${release()}`;
}

function line({ round, server, model, figures, failure }: Run, elapsed: number): string {
  const head = `${(elapsed / 1000).toFixed(0)} s, round ${round}, ${model}, ${server}: `;
  return head + (figures ? digest(figures) : `failed: ${failure}`);
}

function digest({ readySeconds, loaded, loads }: Figures): string {
  const { one, sixteen, sixtyFour, rate } = loads;
  const voids = Object.entries(loads).filter(([, measured]) => measured.void !== undefined);
  return [
    `ready in ${readySeconds.toFixed(2)} s`,
    `${[one, sixteen, sixtyFour].map((load) => load.requestsPerSecond.toFixed(0)).join("/")} per second`,
    `${(sixteen.cpuPerRequest * 1e6).toFixed(0)} µs CPU`,
    `P95 ${rate.p95.toFixed(2)} ms at 300/s`,
    `${(loaded.rss / 2 ** 20).toFixed(0)} MiB`,
    `generator ${(sixteen.cpu.generator * 100).toFixed(0)} %`,
    `others ${(sixteen.cpu.others * 100).toFixed(0)} %`,
    ...voids.map(([name, measured]) => `${name} is void: ${measured.void}`),
  ].join(", ");
}
