import { execFileSync } from "node:child_process";
import { pythonVersion } from "../../support/python.ts";
import { allowedCpus } from "../lib/processes.ts";
import { provenance } from "../lib/provenance.ts";
import { measure, type Settings } from "./measure.ts";
import { bundleServers, writeQuestions } from "./prepare.ts";
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

  const began = provenance();
  const started = performance.now();
  const runs: Run[] = [];
  for (const { round, model, one } of turns(prepared, models, rounds)) {
    const outcome = await runOnce(one, model, { cpu, seconds });
    const run = { round, server: one.server.name, model, ...outcome };
    runs.push(run);
    console.log(line(run, performance.now() - started));
  }
  return {
    ...began,
    versions: { node: process.version, python: `Python ${pythonVersion()}` },
    seconds,
    rounds,
    sizes: sizes(prepared),
    runs,
  };
}

interface Turn {
  round: number;
  model: ModelName;
  one: Prepared;
}

/** Every server once with each model that it can serve, in each round. */
function turns(prepared: Prepared[], models: ModelName[], rounds: number): Turn[] {
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    models.flatMap((model) =>
      prepared
        .filter(({ server }) => server.questions[model])
        .map((one) => ({ round, model, one })),
    ),
  );
}

async function runOnce(
  one: Prepared,
  model: ModelName,
  settings: Settings,
): Promise<Pick<Run, "failure" | "figures">> {
  const kind = one.server.questions[model];
  if ("failure" in one || !kind) return { failure: "failure" in one ? one.failure : "" };
  try {
    const { command } = one.startable;
    return { figures: await measure((ports) => command(model, ports), kind, settings) };
  } catch (error) {
    return { failure: (error as Error).message };
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

function line({ round, server, model, figures, failure }: Run, elapsed: number): string {
  const head = `${(elapsed / 1000).toFixed(0)} s, round ${round}, ${model}, ${server}: `;
  return head + (figures ? digest(figures) : `failed: ${failure}`);
}

function digest({ readySeconds, loaded, loads }: Figures): string {
  const { one, sixteen, sixtyFour, rate } = loads;
  const rates = [one, sixteen, sixtyFour].map((load) => load.requestsPerSecond.toFixed(0));
  const voids = Object.entries(loads).filter(([, measured]) => measured.void !== undefined);
  return [
    `ready in ${readySeconds.toFixed(2)} s`,
    `${rates.join("/")} per second`,
    `${(sixteen.cpuPerRequest * 1e6).toFixed(0)} µs CPU`,
    `P95 ${rate.p95.toFixed(2)} ms at 300/s`,
    `${(loaded.rss / 2 ** 20).toFixed(0)} MiB`,
    `generator ${(sixteen.cpu.generator * 100).toFixed(0)} %`,
    `others ${(sixteen.cpu.others * 100).toFixed(0)} %`,
    ...voids.map(([name, measured]) => `${name} is void: ${measured.void}`),
  ].join(", ");
}
