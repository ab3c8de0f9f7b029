/**
 * Measures the same load with our generator and with independent ones, in turns, against the same
 * servers, and says whether the figures agree.
 *
 *   node tools/bench/generator/main.ts run [--rounds N]
 *   node tools/bench/generator/main.ts run --quick
 *   node tools/bench/generator/main.ts render
 *
 * A whole series is written to tools/bench/generator/results.json and tools/bench/README.md; a quick one
 * is only printed. `render` writes the README from the results again.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { withReport } from "../server/report.ts";
import { seriesText } from "../server/results.ts";
import { report } from "./report.ts";
import type { Series } from "./results.ts";
import { measureAll } from "./series.ts";

const folder = dirname(import.meta.dirname);
const resultsFile = join(import.meta.dirname, "results.json");
const readme = join(folder, "README.md");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
  },
});

try {
  await run(positionals[0]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(command: string | undefined): Promise<void> {
  if (command === "run") return measure();
  if (command === "render") return render();
  throw new Error(`"${command ?? ""}" is no command: give run or render`);
}

async function measure(): Promise<void> {
  if (values.quick) return console.log(report(await measureAll({ rounds: 1, seconds: 3 })));
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`--rounds is "${values.rounds}"; give a whole number above 0`);
  }
  writeFileSync(resultsFile, seriesText(await measureAll({ rounds })));
  await render();
}

async function render(): Promise<void> {
  const series = JSON.parse(readFileSync(resultsFile, "utf8")) as Series;
  const markdown = { parser: "markdown", printWidth: 100, proseWrap: "always" } as const;
  const text = await format(report(series), markdown);
  writeFileSync(readme, withReport(readFileSync(readme, "utf8"), text.trim(), "bench-truth"));
  console.log(`Wrote ${readme}`);
}
