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
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { withReport } from "../server/report.ts";
import { commit, machine } from "../server/series.ts";
import { withPostgres } from "../../support/postgres.ts";
import { measurePaces } from "./paces.ts";
import { measureQueue } from "./queue.ts";
import { report } from "./report.ts";
import type { Queue, Results } from "./results.ts";

const resultsFile = join(import.meta.dirname, "results.json");
const readme = join(import.meta.dirname, "README.md");
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    queues: { type: "string", default: "1000000,10000000" },
    quick: { type: "boolean", default: false },
    render: { type: "boolean", default: false },
  },
});

if (values.render) await render();
else if (values.quick) {
  console.log(report(await measure(1, { bulk: 10_000, single: 500 }, [400_000])));
} else {
  const queues = values.queues.split(",").filter(Boolean).map(Number);
  const results = await measure(Number(values.rounds), { bulk: 100_000, single: 5000 }, queues);
  const json = await format(JSON.stringify(results, null, 2), { parser: "json", printWidth: 100 });
  writeFileSync(resultsFile, json);
  await render();
}

async function measure(
  rounds: number,
  sizes: Parameters<typeof measurePaces>[1],
  sizesOfQueues: number[],
): Promise<Results> {
  const began = { measuredAt: new Date().toISOString(), commit: commit(), machine: machine() };
  const before = loadavg()[0] ?? NaN;
  const found = await measurePaces(rounds, sizes, (round) => console.error(round));
  const queues: Queue[] = [];
  for (const rows of sizesOfQueues) queues.push(await measureQueue(rows, console.error));
  return {
    ...began,
    versions: { node: process.version, postgres: await version() },
    load: { before, after: loadavg()[0] ?? NaN },
    rounds: found,
    queues,
  };
}

async function version(): Promise<string> {
  let found = "";
  await withPostgres(async ({ query }) => {
    const [row] = await query<{ server_version: string }>("SHOW server_version");
    found = row?.server_version.split(" ")[0] ?? "";
  });
  return found;
}

async function render(): Promise<void> {
  const results = JSON.parse(readFileSync(resultsFile, "utf8")) as Results;
  const text = await format(report(results), { parser: "markdown", printWidth: 100 });
  const page = readFileSync(readme, "utf8");
  writeFileSync(readme, withReport(page, text.trim(), "bench-enrichment"));
}
