import { table } from "../lib/markdown.ts";
import { measuredOn } from "../lib/provenance.ts";
import { median } from "../lib/statistics.ts";
import { comparisons, type Comparison, type Found } from "./comparison.ts";
import { figureTitles, loads, serverTitles, type ServerName } from "./loads.ts";
import type { Series } from "./results.ts";

/** What a series found out, in Markdown. */
export function report(series: Series): string {
  const all = comparisons(series.runs);
  const tables = (Object.keys(serverTitles) as ServerName[]).flatMap((server) => {
    const own = all.filter((comparison) => comparison.server === server);
    return own.length > 0 ? [`### ${serverTitles[server]}`, figuresTable(own)] : [];
  });
  return [conditions(series), ...tables, notes(series, all)].join("\n\n");
}

function conditions(series: Series): string {
  const { versions, rounds, runs } = series;
  const { node, go, python, vegeta, locust, k6 } = versions;
  const averages = runs.map(({ loadAverage }) => loadAverage);
  const [least, most] = [Math.min(...averages), Math.max(...averages)];
  return (
    `${measuredOn(series)}; load average ${least.toFixed(1)} to ${most.toFixed(1)}. k6 ${k6}, vegeta ${vegeta} (${go}), Locust ` +
    `${locust} (${python}), Node ${node.slice(1)}. ${rounds} ${rounds === 1 ? "round" : "rounds"}` +
    `${lengths(runs)}. A figure is the median of the rounds, with the least and the greatest ` +
    "in parentheses."
  );
}

function lengths(runs: Series["runs"]): string {
  const lasted = new Map(runs.map(({ load, seconds }) => [load, seconds]));
  return [...lasted].map(([load, each]) => `, ${each} s of ${loads[load].load.scenario}`).join("");
}

function figuresTable(all: Comparison[]): string {
  const isKnown = all.some(({ known }) => known);
  const head = ["load", "figure", "k6, ours", "the other", "difference", "within 10 % or 1 ms"];
  const knownHead = isKnown ? ["known", "ours within 5 %", "the other's"] : [];
  const rows = all.map((comparison) => [
    ...cells(comparison),
    ...(isKnown ? knownCells(comparison) : []),
  ]);
  return table([...head, ...knownHead], rows, 2);
}

function cells({ load, figure, ours, theirs, agree }: Comparison): string[] {
  const { title, decimals } = figureTitles[figure];
  const shown = (found: Found) => {
    const [least, most] = [found.least.toFixed(decimals), found.most.toFixed(decimals)];
    return `${found.median.toFixed(decimals)} (${least}–${most})`;
  };
  const apart = ours.median - theirs.median;
  const sign = apart < 0 ? "−" : "+";
  const size = `${Math.abs(apart).toFixed(decimals)}, ${share(apart / theirs.median)}`;
  const other = `${loads[load].other}: ${shown(theirs)}`;
  return [loads[load].title, title, shown(ours), other, sign + size, verdict(agree)];
}

function knownCells({ figure, known }: Comparison): string[] {
  if (!known) return ["", "", ""];
  const value = known.value.toFixed(figureTitles[figure].decimals);
  return [value, verdict(known.ours), verdict(known.theirs)];
}

const share = (value: number) => `${(100 * Math.abs(value)).toFixed(1)} %`;
const verdict = (holds: boolean) => (holds ? "yes" : "**no**");

/** How much holds, what the other generator adds, and what failed. */
function notes({ runs }: Series, all: Comparison[]): string {
  const agreeing = all.filter(({ agree }) => agree).length;
  const failures = runs.flatMap(({ round, server, load, failure }) =>
    failure === undefined
      ? []
      : [
          `${serverTitles[server]}, ${load}, round ${round}: void. ${failure.replaceAll(/\s+/g, " ")}`,
        ],
  );
  return [
    `${agreeing} of ${all.length} figures are within 10 % or 1 ms of the other generator's.`,
    ...nets(runs),
    ...failures,
  ]
    .map((line) => `- ${line}`)
    .join("\n");
}

/** The percentiles without what the other generator itself adds, as medians of the rounds. */
function nets(runs: Series["runs"]): string[] {
  return (Object.keys(serverTitles) as ServerName[]).flatMap((server) => {
    const own = runs
      .filter((run) => run.server === server)
      .flatMap(({ theirs }) => theirs?.net ?? []);
    if (own.length === 0) return [];
    const shown = (["p50", "p95", "p99"] as const).map((name) =>
      median(own.map((net) => net[name])).toFixed(figureTitles[name].decimals),
    );
    return [
      `${serverTitles[server]}: without all of Locust's own CPU between question and answer, and its ` +
        `waiting for one, its percentiles are ${shown.join(" / ")} ms.`,
    ];
  });
}
