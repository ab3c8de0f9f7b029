/**
 * Measures the same load with our generator and with independent ones, in turns, against the same
 * servers, and says whether the figures agree.
 *
 *   node tools/bench/generator/main.ts run [--rounds N]
 *   node tools/bench/generator/main.ts run --quick
 *   node tools/bench/generator/main.ts render
 *
 * A whole series is written to results.json and to the README of all benchmarks; a quick one is only
 * printed. `render` writes the README from the results again.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dispatch, wholeNumber } from "../lib/command-line.ts";
import { writeReport } from "../lib/report-page.ts";
import { seriesText } from "../lib/results-file.ts";
import { report } from "./report.ts";
import type { Series } from "./results.ts";
import { measureAll } from "./series.ts";

const resultsFile = join(import.meta.dirname, "results.json");
const page = join(import.meta.dirname, "../README.md");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});

await dispatch(positionals[0], { run, render });

async function run(): Promise<void> {
  if (values.quick) return console.log(report(await measureAll({ rounds: 1, seconds: 3 })));
  const rounds = wholeNumber("rounds", values.rounds, 3);
  writeFileSync(resultsFile, seriesText(await measureAll({ rounds })));
  await render();
}

async function render(): Promise<void> {
  const series = JSON.parse(readFileSync(resultsFile, "utf8")) as Series;
  await writeReport(report(series), { page, target: "bench-truth", isWrapped: true });
}
