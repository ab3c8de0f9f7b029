import { availableParallelism, cpus } from "node:os";
import type { Finding, Scenario } from "./scenario.ts";

/** A scenario, and what it found or why it could not be gone through. */
export interface Row {
  scenario: Pick<Scenario, "title">;
  result: Finding | Error;
}

/** One line for whoever watches. */
export function line({ title }: Pick<Scenario, "title">, finding: Finding): string {
  const { requests, failures, slowest, note } = finding;
  return `${title}: ${requests} requests, ${failures} failures, slowest ${slowest.toFixed(0)} ms; ${note}`;
}

/** Whether nothing was lost and everything was gone through. */
export function isFlawless(rows: Row[]): boolean {
  return (
    rows.length > 0 &&
    rows.every(({ result }) => !(result instanceof Error) && result.failures === 0)
  );
}

/** All rows as a table in Markdown, formatted as prettier does it. */
export function table(rows: Row[]): string {
  const head = ["what happens", "requests", "failures", "slowest answer", "what was seen"];
  const cells = [head, ...rows.map(cellsOf)];
  const width = (column: number) => Math.max(...cells.map((row) => row[column]!.length));
  const isFigure = (column: number) => column >= 1 && column <= 3;
  const padded = (row: string[]) =>
    row.map((cell, column) =>
      isFigure(column) ? cell.padStart(width(column)) : cell.padEnd(width(column)),
    );
  const rule = head.map((_, column) =>
    isFigure(column) ? `${"-".repeat(width(column) - 1)}:` : "-".repeat(width(column)),
  );
  const [first = [], ...others] = cells.map(padded);
  return [first, rule, ...others].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** The machine that the table was made on, in one sentence. */
export function machine(): string {
  const model = cpus()[0]?.model ?? "an unknown CPU";
  return `${availableParallelism()} CPUs (${model}), Node ${process.versions.node}`;
}

function cellsOf({ scenario, result }: Row): string[] {
  if (result instanceof Error) {
    return [scenario.title, "-", "-", "-", `could not be gone through: ${cell(result.message)}`];
  }
  const { requests, failures, slowest, note } = result;
  return [
    scenario.title,
    requests.toLocaleString("en"),
    String(failures),
    `${slowest.toFixed(0)} ms`,
    cell(note),
  ];
}

/** What would end a cell is written otherwise. */
function cell(text: string): string {
  return text.replaceAll("|", "/").replaceAll(/\s+/g, " ").slice(0, 300);
}
