/**
 * Measures how many sentences a second a worker annotates, beside one request at a time, and how
 * long it takes to take a batch from a queue of millions.
 *
 *   node tools/bench/enrichment/main.ts [--rounds 5] [--queues 1000000,10000000]
 *   node tools/bench/enrichment/main.ts --quick
 *   node tools/bench/enrichment/main.ts --render
 *
 * A whole series is written to results.json and README.md; a quick one is only printed. `--render`
 * writes the README from the results again. Ten million rows need 10 GB of disk for a while.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { withPostgres } from "../../support/postgres.ts";
import { wholeNumber, wholeNumbers } from "../lib/command-line.ts";
import { loadAverage, provenance } from "../lib/provenance.ts";
import { writeReport } from "../lib/report-page.ts";
import { measureQueue } from "./queue.ts";
import { measureRates, type Sizes } from "./rates.ts";
import { report } from "./report.ts";
import type { Queue, Results } from "./results.ts";

const resultsFile = join(import.meta.dirname, "results.json");
const page = join(import.meta.dirname, "README.md");
const { values } = parseArgs({
  options: {
    rounds: { type: "string" },
    queues: { type: "string", default: "1000000,10000000" },
    quick: { type: "boolean", default: false },
    render: { type: "boolean", default: false },
  },
});

if (values.render) await render();
else if (values.quick) {
  console.log(report(await measure(1, { bulk: 10_000, single: 500 }, [400_000])));
} else {
  const rounds = wholeNumber("rounds", values.rounds, 5);
  const queues = wholeNumbers("queues", values.queues);
  const results = await measure(rounds, { bulk: 100_000, single: 5000 }, queues);
  const json = await format(JSON.stringify(results, null, 2), { parser: "json", printWidth: 100 });
  writeFileSync(resultsFile, json);
  await render();
}

async function measure(rounds: number, sizes: Sizes, queueSizes: number[]): Promise<Results> {
  const began = provenance();
  const before = loadAverage();
  const found = await measureRates(rounds, sizes, (round) => console.error(round));
  const queues: Queue[] = [];
  for (const rows of queueSizes) queues.push(await measureQueue(rows, console.error));
  return {
    ...began,
    versions: { node: process.version, postgres: await postgresVersion() },
    load: { before, after: loadAverage() },
    rounds: found,
    queues,
  };
}

async function postgresVersion(): Promise<string> {
  let found = "";
  await withPostgres(async ({ query }) => {
    const [row] = await query<{ server_version: string }>("SHOW server_version");
    found = row?.server_version.split(" ")[0] ?? "";
  });
  return found;
}

async function render(): Promise<void> {
  const results = JSON.parse(readFileSync(resultsFile, "utf8")) as Results;
  await writeReport(report(results), { page, target: "bench-enrichment" });
}
