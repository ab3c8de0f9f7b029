import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { measured } from "../../test/benchmarks/k6.ts";
import { toolPath } from "../../test/cluster/tools.ts";
import { serverProcess } from "../../test/support/server-process.ts";
import { pythonVersion } from "../rivals/environments.ts";
import { commit, machine } from "../rivals/series.ts";
import { delayingServer, type Served } from "./delays.ts";
import { loads, type Generator, type LoadName, type ServerName } from "./loads.ts";
import { locust, locustFigures, locustVersion } from "./locust.ts";
import type { Run, Series } from "./results.ts";
import type { Figures } from "./samples.ts";
import { vegeta, vegetaFigures, vegetaVersion } from "./vegeta.ts";

/** What to measure. */
export interface Wanted {
  rounds: number;
  /** Of each load; as long as the load says unless given. */
  seconds?: number;
}

type Subject = Pick<Run, "server" | "load" | "generator" | "seconds">;
type Measure = (subject: Subject) => Promise<Figures>;

/** Starts the servers, and measures each load with each generator, in turns. */
export async function measureAll({ rounds, seconds }: Wanted): Promise<Series> {
  const programs = { vegeta: await vegeta(), locust: await locust() };
  const folder = mkdtempSync(join(tmpdir(), "intendant-truth-"));
  const servers = { model: await modelServer(), delays: await delayingServer() };
  const measure = measuring(programs, servers, folder);
  const began = { measuredAt: new Date().toISOString(), commit: commit(), machine: machine() };
  const runs: Run[] = [];
  try {
    // The first thousand answers of a server are slower than all that come after.
    await measure({ server: "model", load: "rate", generator: "vegeta", seconds: 10 });
    for (let round = 1; round <= rounds; round++) {
      for (const subject of subjects(round, seconds)) runs.push(await runOnce(round, subject));
    }
  } finally {
    await Promise.all([servers.model.close(), servers.delays.close()]);
    rmSync(folder, { recursive: true });
  }
  return { ...began, versions: versions(), rounds, runs };

  async function runOnce(round: number, subject: Subject): Promise<Run> {
    const run = { round, ...subject, loadAverage: loadavg()[0]! };
    const outcome = await measure(subject).then(
      (figures) => ({ figures }),
      (error: Error) => ({ failure: error.message }),
    );
    console.log(JSON.stringify({ ...run, ...outcome }));
    return { ...run, ...outcome };
  }
}

/** What is measured in a round, one after the other; who is first changes from round to round. */
function subjects(round: number, seconds: number | undefined): Subject[] {
  return (["model", "delays"] as ServerName[]).flatMap((server) =>
    (Object.keys(loads) as LoadName[]).flatMap((load) => {
      const generators: Generator[] = ["k6", loads[load].other];
      const turns = round % 2 === 1 ? generators : generators.toReversed();
      return turns.map((generator) => {
        return { server, load, generator, seconds: seconds ?? loads[load].seconds };
      });
    }),
  );
}

function measuring(
  programs: { vegeta: string; locust: string },
  servers: Record<ServerName, Served>,
  folder: string,
): Measure {
  return ({ server, load, generator, seconds }) => {
    const { url } = servers[server];
    if (generator === "locust") return locustFigures(programs.locust, url, seconds, folder);
    const { load: plan } = loads[load];
    if (generator === "k6") return k6Figures(url, plan, seconds);
    if (plan.scenario !== "Rate") throw new Error("vegeta knows nothing but rates");
    return vegetaFigures(programs.vegeta, url, plan.rate, seconds, folder);
  };
}

/** What the operator would publish. */
async function k6Figures(
  url: string,
  load: Parameters<typeof measured>[2],
  seconds: number,
): Promise<Figures> {
  const { latency, rps, errors, failedChecks, dropped, commonestFailure } = await measured(
    url,
    seconds,
    load,
    { warmUp: 1 },
  );
  if (!latency || errors + failedChecks + dropped > 0) {
    throw new Error(
      `${errors} errors, ${failedChecks} wrong answers, ${dropped} dropped; ${commonestFailure}`,
    );
  }
  return { p50: latency.p50, p95: latency.p95, p99: latency.p99, rps };
}

/** The server as it runs in a pod, with the French classifier. */
async function modelServer(): Promise<Served> {
  const server = await serverProcess({ MODEL_PATH: "model/intent-fr.onnx", DRAIN_SECONDS: "0" });
  await server.logged("Serving");
  return {
    url: server.url.replace("localhost", "127.0.0.1"),
    close: async () => server.kill("SIGTERM"),
  };
}

function versions(): Series["versions"] {
  const env = { PATH: toolPath() };
  const said = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: "utf8", env }).trim();
  return {
    node: process.version,
    go: said("go", "env", "GOVERSION"),
    python: pythonVersion(),
    k6: said("k6", "version").split(" ")[1] ?? "",
    vegeta: vegetaVersion(),
    locust: locustVersion(),
  };
}
