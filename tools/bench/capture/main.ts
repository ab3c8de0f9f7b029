/**
 * What capture costs the requests: two servers of the French model, one of which writes every
 * request to a PostgreSQL on the same machine, asked in turn at the same rates.
 *
 *   node tools/bench/capture/main.ts [--rates 300,1000] [--rounds 8] [--seconds 10]
 *   node tools/bench/capture/main.ts --quick
 *
 * A whole series is written to results.json and README.md; a quick one is only printed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createPostgres } from "../../support/postgres.ts";
import type { ServerProcess } from "../../support/server-process.ts";
import { wholeNumber, wholeNumbers } from "../lib/command-line.ts";
import { runK6 } from "../lib/k6.ts";
import { mainThreadSeconds, processSeconds, residentMemory } from "../lib/processes.ts";
import { loadAverage, provenance } from "../lib/provenance.ts";
import { bundleServer, numericUrl, startShipped } from "../lib/shipped-server.ts";
import type { Outcome } from "./load.ts";
import { keep, report } from "./report.ts";
import type { Results, Round, Side } from "./results.ts";

const { values } = parseArgs({
  options: {
    rates: { type: "string", default: "300,1000" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const rates = wholeNumbers("rates", values.rates);
const rounds = wholeNumber("rounds", values.rounds, values.quick ? 2 : 8);
const seconds = wholeNumber("seconds", values.seconds, values.quick ? 3 : 10);
const folder = mkdtempSync(join(tmpdir(), "intendant-capture-"));

try {
  const results = await measure();
  console.log(report(results));
  const lost = results.rounds.reduce((sum, { failed, dropped }) => sum + failed + dropped, 0);
  if (lost > 0) console.error(`${lost} requests were not sent or not answered; nothing is kept`);
  else if (!values.quick) await keep(results);
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(): Promise<Results> {
  const bundle = join(folder, "server");
  await bundleServer(bundle);
  const postgres = await createPostgres({ settings: ["fsync = on"] });
  try {
    const capture = { CAPTURE_MODEL: "bench/intent-fr", DATABASE_FOLDER: postgres.secret };
    const servers = { off: await startShipped(bundle), on: await startShipped(bundle, capture) };
    await servers.on.logged("Connected to the database");
    const began = { ...provenance(), seconds };
    const before = loadAverage();
    const found: Round[] = [];
    for (const rate of rates) found.push(...(await measureRate(servers, rate)));
    const memory = { off: peakMebibytes(servers.off), on: peakMebibytes(servers.on) };
    // What is captured is written before the process ends.
    for (const server of Object.values(servers)) await server.stop();
    const [written] = await postgres.query<{ rows: number; examples: number }>(
      "SELECT captured::integer AS rows, examples::integer FROM intendant.models",
    );
    return { ...began, rounds: found, memory, written, load: { before, after: loadAverage() } };
  } finally {
    await postgres.end();
  }
}

async function measureRate(servers: Record<Side, ServerProcess>, rate: number): Promise<Round[]> {
  // The first answers are slower in any server.
  for (const server of Object.values(servers)) await generate(server, rate, "warm-up");
  const found: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    // Each of them is the first one in half of the rounds.
    const order: Side[] = round % 2 === 0 ? ["off", "on"] : ["on", "off"];
    for (const side of order) {
      const { pid } = servers[side];
      const before = { cpu: processSeconds(pid), main: mainThreadSeconds(pid) };
      const outcome = await generate(servers[side], rate, `${rate}-${round}`);
      const cpu = processSeconds(pid) - before.cpu;
      const main = mainThreadSeconds(pid) - before.main;
      found.push({ rate, round, side, cpu, main, ...outcome });
      console.log(JSON.stringify(found.at(-1)));
    }
  }
  return found;
}

async function generate(server: ServerProcess, rate: number, round: string): Promise<Outcome> {
  const { outcome } = await runK6({
    file: join(import.meta.dirname, "load.ts"),
    environment: {
      URL: numericUrl(server),
      RATE: String(rate),
      SECONDS: String(seconds),
      ROUND: round,
    },
    folder,
  });
  return outcome as Outcome;
}

function peakMebibytes({ pid }: ServerProcess): number {
  return residentMemory(pid).peak / 2 ** 20;
}
