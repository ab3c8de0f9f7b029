/**
 * Measures servers side by side, in turns, each alone on one CPU and the load on another.
 *
 *   node tools/bench/server/main.ts run [--rounds N] [--seconds N]
 *   node tools/bench/server/main.ts run --only NAME,NAME --models NAME,NAME
 *   node tools/bench/server/main.ts run --quick
 *   node tools/bench/server/main.ts render
 *
 * A whole series is written to results.json and to the README of all benchmarks; one that leaves
 * something out, or is quick, is only printed. `render` writes the README from the results again.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dispatch, wholeNumber } from "../lib/command-line.ts";
import { writeReport } from "../lib/report-page.ts";
import { seriesText } from "../lib/results-file.ts";
import { report } from "./report.ts";
import { modelNames, type ModelName, type Series } from "./results.ts";
import { measureAll, type Wanted } from "./series.ts";
import { servers } from "./servers.ts";

const resultsFile = join(import.meta.dirname, "results.json");
const page = join(import.meta.dirname, "../README.md");
const usual = { rounds: 3, seconds: 4 };
const quick = { rounds: 1, seconds: 1 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    models: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});

await dispatch(positionals[0], { run, render });

async function run(): Promise<void> {
  const series = await measureAll(wanted());
  if (values.quick || values.only || values.models) return console.log(report(series, servers));
  writeFileSync(resultsFile, seriesText(series));
  await render();
}

async function render(): Promise<void> {
  const series = JSON.parse(readFileSync(resultsFile, "utf8")) as Series;
  await writeReport(report(series, servers), { page, target: "bench-server", isWrapped: true });
}

function wanted(): Wanted {
  const { rounds, seconds } = values.quick ? quick : usual;
  const all = servers.map(({ name }) => name);
  const names = chosen("only", all);
  return {
    servers: servers.filter(({ name }) => names.includes(name)),
    models: chosen("models", modelNames) as ModelName[],
    rounds: wholeNumber("rounds", values.rounds, rounds),
    seconds: wholeNumber("seconds", values.seconds, seconds),
  };
}

function chosen(option: "only" | "models", all: string[]): string[] {
  const names = values[option]?.split(",") ?? all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown === undefined) return names;
  throw new Error(`--${option} names "${unknown}"; give some of ${all.join(",")}`);
}
