import { table } from "../lib/markdown.ts";
import { measuredOn } from "../lib/provenance.ts";
import type { Results, Run } from "./results.ts";

/** The results as Markdown. */
export function report(results: Results): string {
  const { versions, load, settings, runs } = results;
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
  return [
    `${measuredOn(results)}; Node ${versions.node}, Kubernetes ${versions.kubernetes}. ` +
      `One run; load average ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after. Operator: ${settings.rate} calls/s, burst ${settings.burst}, ` +
      `concurrency ${settings.concurrency}.`,
    table(
      columns.map(([title]) => title),
      runs.map((run) => columns.map(([, cell]) => cell(run))),
      0,
    ),
  ].join("\n\n");
}

const seconds = (value: number) => `${value.toFixed(1)} s`;
const mebibytes = (value: number) => `${value.toFixed(0)} MiB`;
const per = (value: number) => value.toFixed(1);
