/**
 * What capture costs the requests: two servers of the French model, one of which writes every
 * request to a PostgreSQL on the same machine, asked in turn at the same rates.
 *
 *   node tools/bench/capture/main.ts [--rates 300,1000] [--rounds 8] [--seconds 10] [--quick]
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { toolPath } from "../../cluster/programs/tools.ts";
import { createPostgres } from "../../support/postgres.ts";
import { serverProcess, type ServerProcess } from "../../support/server-process.ts";
import type { Outcome } from "./load.ts";
import { writeReport, type Round, type Side } from "./report.ts";

const { values } = parseArgs({
  options: {
    rates: { type: "string", default: "300,1000" },
    rounds: { type: "string", default: "8" },
    seconds: { type: "string", default: "10" },
    quick: { type: "boolean", default: false },
  },
});
const rates = values.rates.split(",").map(Number);
const rounds = values.quick ? 2 : Number(values.rounds);
const seconds = values.quick ? 3 : Number(values.seconds);

const folder = mkdtempSync(join(tmpdir(), "intendant-capture-"));
const bundle = join(folder, "server");
await promisify(execFile)(process.execPath, ["tools/bundle.ts", "server", bundle]);
const postgres = await createPostgres({ settings: ["fsync = on"] });
const capture = { CAPTURE_MODEL: "bench/intent-fr", DATABASE_FOLDER: postgres.secret };
const servers = { off: await started({}), on: await started(capture) };
await servers.on.logged("Connected to the database");
const before = loadavg()[0] ?? 0;

const results: Round[] = [];
for (const rate of rates) {
  // The first answers are slower in any server.
  for (const server of Object.values(servers)) await asked(server, rate, "warm-up");
  for (let round = 0; round < rounds; round++) {
    // Neither is always the first.
    const order: Side[] = round % 2 === 0 ? ["off", "on"] : ["on", "off"];
    for (const side of order) {
      const cpuBefore = cpuSeconds(servers[side]);
      const mainBefore = mainSeconds(servers[side]);
      const outcome = await asked(servers[side], rate, `${rate}-${round}`);
      const cpu = cpuSeconds(servers[side]) - cpuBefore;
      const main = mainSeconds(servers[side]) - mainBefore;
      results.push({ rate, round, side, cpu, main, ...outcome });
      console.log(JSON.stringify(results.at(-1)));
    }
  }
}
const memory = { off: peakMemory(servers.off), on: peakMemory(servers.on) };
for (const { kill, pid } of Object.values(servers)) {
  kill("SIGTERM");
  while (existsSync(`/proc/${pid}`)) await wait(50);
}
const [written] = await postgres.query<{ rows: number; examples: number }>(
  "SELECT captured::integer AS rows, examples::integer FROM intendant.models",
);
await postgres.end();
rmSync(folder, { recursive: true });
const load = { before, after: loadavg()[0] ?? 0 };
await writeReport({ rounds: results, seconds, memory, written, load }, !values.quick);

/** A server as its image runs it. */
async function started(environment: Record<string, string>): Promise<ServerProcess> {
  const main = `--max-semi-space-size=4 --no-maglev ${join(bundle, "main.js")}`;
  const model = { MODEL_PATH: "model/intent-fr.onnx", DRAIN_SECONDS: "0", MALLOC_ARENA_MAX: "2" };
  const server = await serverProcess({ ...model, ...environment }, undefined, main);
  await server.logged("Serving");
  return server;
}

async function asked(server: ServerProcess, rate: number, round: string): Promise<Outcome> {
  const output = join(folder, "outcome.json");
  const script = join(import.meta.dirname, "load.ts");
  const child = spawn("k6", ["run", "--quiet", "--no-usage-report", "--no-color", script], {
    env: {
      PATH: toolPath(),
      HOME: folder,
      URL: server.url.replace("localhost", "127.0.0.1"),
      RATE: String(rate),
      SECONDS: String(seconds),
      ROUND: round,
      OUTPUT: output,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`k6 ended with ${code}`);
  return JSON.parse(readFileSync(output, "utf8")) as Outcome;
}

/** CPU time that all threads of a server have used. */
function cpuSeconds({ pid }: ServerProcess): number {
  return secondsOf(`/proc/${pid}/stat`);
}

/** CPU time of the thread that answers requests. */
function mainSeconds({ pid }: ServerProcess): number {
  return secondsOf(`/proc/${pid}/task/${pid}/stat`);
}

/** What the kernel counted, in hundredths of a second. */
function secondsOf(file: string): number {
  const stat = readFileSync(file, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The most memory that a server has held, in MiB. */
function peakMemory({ pid }: ServerProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
