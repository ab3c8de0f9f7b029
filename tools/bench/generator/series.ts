import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measured } from "../lib/scenarios.ts";
import { toolPath } from "../../cluster/programs/tools.ts";
import { pythonVersion } from "../../support/python.ts";
import type { Measurement } from "../../../benchmarks/contract.ts";
import { loadAverage, provenance } from "../lib/provenance.ts";
import { numericUrl, startServer } from "../lib/shipped-server.ts";
import type { RunningGenerator } from "./running-generator.ts";
import { delayingServer, type Served } from "./delays.ts";
import { loads, type LoadName, type ServerName } from "./loads.ts";
import { locust, startLocust, locustVersion } from "./locust.ts";
import type { Run, Series } from "./results.ts";
import { figures, type Figures } from "./samples.ts";
import { vegeta, startVegeta, vegetaVersion } from "./vegeta.ts";

/** What to measure. */
export interface Wanted {
  rounds: number;
  /** Of each load; as long as the load says unless given. */
  seconds?: number;
}

type Subject = Pick<Run, "server" | "load" | "seconds">;

/** What the independent generators are started with. */
interface Programs {
  vegeta: string;
  locust: string;
}

/** Starts the servers, and puts each load on each of them with two generators at once. */
export async function measureAll({ rounds, seconds }: Wanted): Promise<Series> {
  const programs = { vegeta: await vegeta(), locust: await locust() };
  const folder = mkdtempSync(join(tmpdir(), "intendant-generator-"));
  const servers = { model: await modelServer(), delays: await delayingServer() };
  const began = provenance();
  const runs: Run[] = [];
  try {
    // The first thousand answers of a server are slower than all that come after.
    await measured(servers.model.url, 10, loads.rate.load);
    for (let round = 1; round <= rounds; round++) {
      for (const subject of subjects(seconds)) runs.push(await runOnce(round, subject));
    }
  } finally {
    await Promise.all([servers.model.close(), servers.delays.close()]);
    rmSync(folder, { recursive: true });
  }
  return { ...began, versions: versions(), rounds, runs };

  async function runOnce(round: number, subject: Subject): Promise<Run> {
    const run = { round, ...subject, loadAverage: loadAverage() };
    const start = () => other(programs, subject, servers[subject.server].url, folder);
    const outcome = await both(start, subject, servers[subject.server].url).catch(
      (error: Error) => ({ failure: error.message }),
    );
    console.log(JSON.stringify({ ...run, ...outcome }));
    return { ...run, ...outcome };
  }
}

/** What is measured in a round, one after the other. */
function subjects(seconds: number | undefined): Subject[] {
  return (["model", "delays"] as ServerName[]).flatMap((server) =>
    (Object.keys(loads) as LoadName[]).map((load) => {
      return { server, load, seconds: seconds ?? loads[load].seconds };
    }),
  );
}

/**
 * The figures of both generators for the same seconds: the other one begins before ours and ends
 * after it. So what the rest of the machine does meanwhile is in the figures of both.
 */
async function both(
  start: () => Promise<RunningGenerator>,
  { load, seconds }: Subject,
  url: string,
): Promise<{ ours: Figures; theirs: Figures }> {
  const generator = await start();
  const published = await measured(url, seconds, loads[load].load, { warmUp: 1 }).catch(
    async (error: Error) => {
      await generator.stop();
      throw error;
    },
  );
  const samples = await generator.stop();
  const from = Date.parse(published.startedAt);
  return { ours: ourFigures(published), theirs: figures(samples, { from, seconds }) };
}

function other(
  programs: Programs,
  { load }: Subject,
  url: string,
  folder: string,
): Promise<RunningGenerator> {
  const { load: plan } = loads[load];
  if (plan.scenario === "Users") return startLocust(programs.locust, url, folder);
  return startVegeta(programs.vegeta, url, plan.rate, folder);
}

/** What the operator would publish. */
function ourFigures(measurement: Measurement): Figures {
  const { latency, rps, errors, failedChecks, dropped, commonestFailure } = measurement;
  if (latency && errors + failedChecks + dropped === 0) {
    return { p50: latency.p50, p95: latency.p95, p99: latency.p99, rps };
  }
  const what = `${errors} errors, ${failedChecks} wrong answers, ${dropped} dropped`;
  throw new Error(`k6 had ${what}; ${commonestFailure ?? "nothing else"}`);
}

/** The server with the French classifier. */
async function modelServer(): Promise<Served> {
  const server = await startServer();
  return { url: numericUrl(server), close: async () => void (await server.stop()) };
}

function versions(): Series["versions"] {
  const env = { PATH: toolPath() };
  const said = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: "utf8", env }).trim();
  return {
    node: process.version,
    go: said("go", "env", "GOVERSION"),
    python: `Python ${pythonVersion()}`,
    k6: said("k6", "version").split(" ")[1] ?? "",
    vegeta: vegetaVersion(),
    locust: locustVersion(),
  };
}
