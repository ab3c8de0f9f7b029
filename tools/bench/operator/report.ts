import type { Results, Run } from "./results.ts";

const begin = "<!-- series: written by make bench-operator -->";
const end = "<!-- end of series -->";

/** The results as Markdown. */
export function report({ measuredAt, commit, machine, versions, load, settings, runs }: Results) {
  const columns: [title: string, cell: (run: Run) => string][] = [
    ["models", ({ models }) => String(models)],
    ["all Ready", ({ ready }) => seconds(ready)],
    ["without operator", ({ plain }) => seconds(plain)],
    ["ratio", ({ ready, plain }) => (ready / plain).toFixed(2)],
    ["all changed", ({ changed }) => seconds(changed)],
    ["beside 10 % broken", ({ besideBroken }) => seconds(besideBroken)],
    [
      "calls per model",
      ({ calls }) => per(calls.reads + calls.writes + calls.status + calls.events),
    ],
    [
      "objects, status, events",
      ({ calls }) => [calls.writes, calls.status, calls.events].map(per).join(", "),
    ],
    [
      "memory: empty, at rest, peak",
      ({ memory }) => [memory.empty, memory.rest, memory.peak].map(mebibytes).join(", "),
    ],
    ["CPU until Ready", ({ cpu }) => seconds(cpu)],
    ["CPU at rest", ({ rest }) => `${(100 * rest.cpu).toFixed(2)} %`],
    [
      "writes at rest",
      ({ rest }) => `${rest.writes} in ${rest.seconds} s, ${rest.resyncs} resyncs`,
    ],
  ];
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    `Measured on ${measuredAt.slice(0, 10)} at commit \`${commit}\`: ${machine}; Node ${versions.node}, ` +
      `Kubernetes ${versions.kubernetes}. One run; load average ${load.before.toFixed(1)} before, ` +
      `${load.after.toFixed(1)} after. Operator: ${settings.rate} calls/s, burst ${settings.burst}, ` +
      `concurrency ${settings.concurrency}.`,
    "",
    row(columns.map(([title]) => title)),
    row(columns.map((_, index) => (index === 0 ? "---:" : "---:"))),
    ...runs.map((run) => row(columns.map(([, cell]) => cell(run)))),
    "",
  ].join("\n");
}

/** A text with its series replaced. */
export function withReport(text: string, series: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The file lacks the lines ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${series.trim()}\n\n${text.slice(to)}`;
}

const seconds = (value: number) => `${value.toFixed(1)} s`;
const mebibytes = (value: number) => `${value.toFixed(0)} MiB`;
const per = (value: number) => value.toFixed(1);
