import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { format } from "prettier";
import type { Outcome } from "./load.ts";

/** Whether the server captures. */
export type Side = "off" | "on";

/** One rate at one server for some seconds. */
export interface Round extends Outcome {
  rate: number;
  round: number;
  side: Side;
  /** Seconds of CPU that the server used. */
  cpu: number;
  /** How much of them the thread used that answers requests. */
  main: number;
}

/** What one call of the benchmark found out. */
export interface Results {
  rounds: Round[];
  /** How long each round took. */
  seconds: number;
  /** The most memory of each server, in MiB. */
  memory: Record<Side, number>;
  /** What the database has at the end. */
  written: { rows: number; examples: number } | undefined;
  /** Processes that waited for a CPU, before and after. */
  load: { before: number; after: number };
}

const begin = "<!-- series: written by make bench-capture -->";
const end = "<!-- end of series -->";

/** Prints the results; writes them to results.json and README.md beside this file, when wanted. */
export async function writeReport(results: Results, isKept: boolean): Promise<void> {
  const commit = execFileSync("git", ["describe", "--always", "--exclude=*", "--dirty=+"]);
  const facts = {
    measuredAt: new Date().toISOString(),
    commit: commit.toString().trim(),
    machine: `${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Linux ${release()}`,
  };
  const markdown = `Measured on ${facts.measuredAt.slice(0, 10)} at commit \`${facts.commit}\`: ${facts.machine}; Node ${process.versions.node}. ${report(results)}`;
  const text = await format(markdown, { parser: "markdown", printWidth: 100 });
  console.log(text);
  const lost = results.rounds.reduce((sum, { failed, dropped }) => sum + failed + dropped, 0);
  if (lost > 0) console.error(`${lost} requests were not sent or not answered; nothing is kept`);
  if (!isKept || lost > 0) return;
  const beside = (file: string) => join(import.meta.dirname, file);
  writeFileSync(beside("results.json"), `${JSON.stringify({ ...facts, ...results }, null, 2)}\n`);
  const page = readFileSync(beside("README.md"), "utf8");
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md lacks the lines ${begin} and ${end}`);
  const head = page.slice(0, from + begin.length);
  writeFileSync(beside("README.md"), `${head}\n\n${text.trim()}\n\n${page.slice(to)}`);
}

/** The results as Markdown. */
export function report({ rounds, seconds, memory, written, load }: Results): string {
  const rates = [...new Set(rounds.map(({ rate }) => rate))];
  const asked = rounds.filter(({ side }) => side === "on").length;
  return [
    `${asked / rates.length} rounds of ${seconds} s for each rate and server, in turn; load average ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after.`,
    "",
    "| requests/s | P50 off, on (ms) | P95 off, on (ms) | P95 on ÷ off: median (least–most) | CPU per request off, on (µs) | of it where requests are answered | failed, not sent |",
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rates.map((rate) => row(rounds.filter((round) => round.rate === rate))),
    "",
    `Peak memory: ${memory.off.toFixed(0)} MiB off, ${memory.on.toFixed(0)} MiB on. Written: ${written?.rows} rows, ${written?.examples} examples, warm-up included.`,
  ].join("\n");
}

function row(rounds: Round[]): string {
  const of = (side: Side) => rounds.filter((round) => round.side === side);
  const both = (value: (round: Round) => number, decimals: number) =>
    [of("off"), of("on")].map((some) => median(some.map(value)).toFixed(decimals)).join(", ");
  const ratios = of("on").map((on) => {
    const off = of("off").find(({ round }) => round === on.round);
    return on.p95 / (off?.p95 ?? NaN);
  });
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const lost = (value: (round: Round) => number) =>
    rounds.reduce((sum, one) => sum + value(one), 0);
  const cells = [
    String(rounds[0]?.rate),
    both(({ p50 }) => p50, 2),
    both(({ p95 }) => p95, 2),
    `${median(ratios).toFixed(2)} (${range})`,
    both(({ cpu, answered }) => (1e6 * cpu) / answered, 0),
    both(({ main, answered }) => (1e6 * main) / answered, 0),
    `${lost(({ failed }) => failed)}, ${lost(({ dropped }) => dropped)}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The one in the middle, or the mean of the two there. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
