/**
 * Measures servers side by side, in turns, each alone on one CPU and the load on another.
 *
 *   node tools/bench/server/main.ts run [--rounds N] [--seconds N]
 *   node tools/bench/server/main.ts run --only NAME,NAME --models NAME,NAME
 *   node tools/bench/server/main.ts run --quick
 *   node tools/bench/server/main.ts render
 *
 * A whole series is written to tools/bench/server/results.json and tools/bench/README.md; one that leaves
 * something out, or is quick, is only printed. `render` writes the README from the results again.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { report, withReport } from "./report.ts";
import { modelNames, seriesText, type ModelName, type Series } from "./results.ts";
import { measureAll, type Wanted } from "./series.ts";
import { servers } from "./servers.ts";

const folder = dirname(import.meta.dirname);
const resultsFile = join(import.meta.dirname, "results.json");
const readme = join(folder, "README.md");
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
  const series = await measureAll(wanted());
  if (values.quick || values.only || values.models) return console.log(report(series, servers));
  mkdirSync(dirname(resultsFile), { recursive: true });
  writeFileSync(resultsFile, seriesText(series));
  await render();
}

async function render(): Promise<void> {
  const series = JSON.parse(readFileSync(resultsFile, "utf8")) as Series;
  const markdown = { parser: "markdown", printWidth: 100, proseWrap: "always" } as const;
  const text = await format(report(series, servers), markdown);
  writeFileSync(readme, withReport(readFileSync(readme, "utf8"), text.trim()));
  console.log(`Wrote ${readme}`);
}

function wanted(): Wanted {
  const { rounds, seconds } = values.quick ? quick : usual;
  const names = chosen(
    "only",
    servers.map(({ name }) => name),
  );
  return {
    servers: servers.filter(({ name }) => names.includes(name)),
    models: chosen("models", modelNames) as ModelName[],
    rounds: whole("rounds", rounds),
    seconds: whole("seconds", seconds),
  };
}

function chosen(option: "only" | "models", all: string[]): string[] {
  const names = values[option]?.split(",") ?? all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown === undefined) return names;
  throw new Error(`--${option} names "${unknown}"; give some of ${all.join(",")}`);
}

function whole(option: "rounds" | "seconds", otherwise: number): number {
  const number = Number(values[option] ?? otherwise);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${option} is "${values[option]}"; give a whole number above 0`);
}
