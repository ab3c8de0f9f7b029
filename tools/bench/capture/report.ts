import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { table } from "../lib/markdown.ts";
import { measuredOn } from "../lib/provenance.ts";
import { writeReport } from "../lib/report-page.ts";
import { median } from "../lib/statistics.ts";
import type { Results, Round, Side } from "./results.ts";

/** Writes the results to results.json and README.md beside this file. */
export async function keep(results: Results): Promise<void> {
  const beside = (file: string) => join(import.meta.dirname, file);
  writeFileSync(beside("results.json"), `${JSON.stringify(results, null, 2)}\n`);
  await writeReport(report(results), { page: beside("README.md"), target: "bench-capture" });
}

/** The results as Markdown. */
export function report(results: Results): string {
  const { rounds, seconds, memory, written, load } = results;
  const rates = [...new Set(rounds.map(({ rate }) => rate))];
  const each = rounds.filter(({ side }) => side === "on").length / rates.length;
  const head = [
    "requests/s",
    "P50 off, on (ms)",
    "P95 off, on (ms)",
    "P95 on ÷ off: median (least–most)",
    "CPU per request off, on (µs)",
    "of it where requests are answered",
    "failed, not sent",
  ];
  return [
    `${measuredOn(results)}; Node ${process.versions.node}. ${each} rounds of ${seconds} s for ` +
      `each rate and server, in turn; load average ${load.before.toFixed(1)} before, ` +
      `${load.after.toFixed(1)} after.`,
    table(
      head,
      rates.map((rate) => row(rounds.filter((round) => round.rate === rate))),
      0,
    ),
    `Peak memory: ${memory.off.toFixed(0)} MiB off, ${memory.on.toFixed(0)} MiB on. Written: ` +
      `${written?.rows} rows, ${written?.examples} examples, warm-up included.`,
  ].join("\n\n");
}

function row(rounds: Round[]): string[] {
  const of = (side: Side) => rounds.filter((round) => round.side === side);
  const both = (value: (round: Round) => number, decimals: number) =>
    [of("off"), of("on")].map((some) => median(some.map(value)).toFixed(decimals)).join(", ");
  const ratios = of("on").map((on) => {
    const off = of("off").find(({ round }) => round === on.round);
    return on.p95 / (off?.p95 ?? NaN);
  });
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const sum = (value: (round: Round) => number) =>
    rounds.reduce((total, one) => total + value(one), 0);
  return [
    String(rounds[0]?.rate),
    both(({ p50 }) => p50, 2),
    both(({ p95 }) => p95, 2),
    `${median(ratios).toFixed(2)} (${range})`,
    both(({ cpu, answered }) => (1e6 * cpu) / answered, 0),
    both(({ main, answered }) => (1e6 * main) / answered, 0),
    `${sum(({ failed }) => failed)}, ${sum(({ dropped }) => dropped)}`,
  ];
}
