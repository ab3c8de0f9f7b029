/** A series as it is kept: one line for each run, and no more digits than are worth something. */
export function seriesText({ runs, ...rest }: { runs: object[] }): string {
  const rounded = (_key: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
  const head = JSON.stringify(rest, undefined, 2).slice(0, -2);
  const lines = runs.map((run) => `    ${JSON.stringify(run, rounded)}`);
  return `${head},\n  "runs": [\n${lines.join(",\n")}\n  ]\n}\n`;
}
