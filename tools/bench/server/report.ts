import { table } from "../lib/markdown.ts";
import { measuredOn } from "../lib/provenance.ts";
import { range, show, type Range } from "../lib/statistics.ts";
import {
  goals,
  ours,
  perCpuSecond,
  ratiosToBest,
  requestsPerSecond,
  type Goal,
  type Value,
} from "./goals.ts";
import {
  loads,
  modelNames,
  valid,
  type Figures,
  type LoadName,
  type ModelName,
  type Run,
  type Series,
} from "./results.ts";

/** Names and titles of servers, in the order of the tables. */
export type Titles = { name: string; title: string }[];

/** From this part of a CPU on, the generator, which shares its CPU a little, was the limit. */
const saturated = 0.9;
/** Other programs that use more of a CPU than this disturb the figures. */
const disturbing = 0.2;

/** What a series found out, in Markdown. */
export function report(series: Series, titles: Titles): string {
  const models = modelNames.filter((model) => series.runs.some((run) => run.model === model));
  return [
    conditions(series),
    "### Goals",
    goalsTable(goals(series)),
    ...models.flatMap((model) => tables(series, model, titles)),
    notes(series, titles),
  ].join("\n\n");
}

function conditions(series: Series): string {
  const { versions, seconds, rounds } = series;
  return (
    `${measuredOn(series)}; Node ${versions.node.slice(1)}, ${versions.python}. ` +
    `${rounds} ${rounds === 1 ? "round" : "rounds"}, ${seconds} s for each load. ` +
    "Two numbers are the least and the greatest of the rounds; ratios are taken within a round."
  );
}

function goalsTable(found: Goal[]): string {
  const rows = found.map(({ text, bound, measured, byCpu, unit, decimals, isReached }) => [
    text,
    "least" in bound ? `≥ ${bound.least}${unit}` : `≤ ${bound.most}${unit}`,
    measured ? show(measured, decimals) + unit : "–",
    byCpu ? `${show(byCpu, 2)} x` : "",
    verdict(measured, isReached),
  ]);
  return table(["goal", "bound", "measured", "by CPU per request", "reached"], rows);
}

function verdict(measured: Range | undefined, isReached: boolean): string {
  if (!measured) return "not measured";
  return isReached ? "yes" : "**no**";
}

function tables(series: Series, model: ModelName, titles: Titles): string[] {
  const heads: Record<ModelName, string> = {
    "intent-fr": "### French classifier, `GET /api/intent?sentence=…`",
    tiny: "### Tiny model (8 numbers, linear), `POST /v2/models/tiny/infer`",
  };
  const present = titles.filter(({ name }) =>
    series.runs.some((run) => run.server === name && run.model === model),
  );
  const rows = (cells: (own: Run[], name: string) => string[]) =>
    present.map(({ name, title }) => {
      const own = series.runs.filter((run) => run.server === name && run.model === model);
      return [title, ...cells(own, name)];
    });
  const ratio = (name: string, names: LoadName[], value: Value, isInverse = false) => {
    if (name === ours) return "";
    const ratios = names.flatMap((load) => ratiosToBest(series, { model, load, value }, [name]));
    const found = range(ratios.map((own) => (isInverse ? 1 / own : own)));
    return found ? `${show(found, 2)} x` : "–";
  };
  return [
    heads[model],
    "Requests per second over 1, 16 and 64 connections, and CPU of the server per request. The " +
      "ratios are those of 16 and 64 connections.",
    table(
      ["server", "1", "16", "64", "ours ÷ theirs", "CPU at 16", "theirs ÷ ours"],
      rows((own, name) => [
        ...(["one", "sixteen", "sixtyFour"] as const).map((load) =>
          cell(own, load, requestsPerSecond),
        ),
        ratio(name, ["sixteen", "sixtyFour"], requestsPerSecond),
        `${cell(own, "sixteen", microseconds)} µs`,
        ratio(name, ["sixteen", "sixtyFour"], perCpuSecond),
      ]),
    ),
    "Latency in milliseconds, P50 / P95 / P99. The ratio is that of the P95 at 300 requests a second.",
    table(
      ["server", "1", "16", "64 connections", "300 requests/s", "theirs ÷ ours"],
      rows((own, name) => [
        ...(Object.keys(loads) as LoadName[]).map((load) => percentiles(own, load)),
        ratio(name, ["rate"], ({ p95 }) => p95, true),
      ]),
    ),
    "CPU per request at 300 requests a second, and what each server needs. Memory is in MiB: the sum " +
      "over all processes, and in parentheses with shared pages counted once. Size is that on disk, " +
      "with the runtime and the model, without an operating system.",
    table(
      ["server", "CPU", "theirs ÷ ours", "idle CPU", "idle", "load", "processes", "ready", "size"],
      rows((own, name) => [
        `${cell(own, "rate", microseconds)} µs`,
        ratio(name, ["rate"], perCpuSecond),
        `${figure(own, ({ idleCpu }) => idleCpu * 100, 2)} %`,
        figure(own, ({ idle }) => mebibytes(idle.rss)),
        `${figure(own, ({ loaded }) => mebibytes(loaded.rss))} (${figure(own, ({ loaded }) => mebibytes(loaded.pss))})`,
        figure(own, ({ loaded }) => loaded.processes),
        `${figure(own, ({ readySeconds }) => readySeconds, 2)} s`,
        megabytes(series.sizes[name]),
      ]),
    ),
  ];
}

function cell(own: Run[], load: LoadName, value: Value, decimals = 0): string {
  const found = own.map((run) => valid(run, load)).filter((measured) => measured !== undefined);
  return show(range(found.map(value)), decimals);
}

function percentiles(own: Run[], load: LoadName): string {
  const isLate = own.some((run) => (valid(run, load)?.dropped ?? 0) > 0);
  const values = [
    cell(own, load, ({ p50 }) => p50, 1),
    cell(own, load, ({ p95 }) => p95, 1),
    cell(own, load, ({ p99 }) => p99, 1),
  ];
  return values.join(" / ") + (isLate ? " (not held)" : "");
}

function figure(own: Run[], value: (figures: Figures) => number, decimals = 0): string {
  return show(range(own.flatMap(({ figures }) => (figures ? [value(figures)] : []))), decimals);
}

const microseconds: Value = ({ cpuPerRequest }) => cpuPerRequest * 1e6;
const mebibytes = (bytes: number) => bytes / 2 ** 20;
const megabytes = (bytes: number | undefined) =>
  bytes === undefined ? "–" : `${Math.round(bytes / 1e6)} MB`;

/** What a reader has to know before believing the tables. */
function notes(series: Series, titles: Titles): string {
  const title = (server: string) => titles.find(({ name }) => name === server)?.title ?? server;
  const lines = series.runs.flatMap((run) => {
    const head = `${title(run.server)}, ${run.model}, round ${run.round}`;
    if (run.failure !== undefined) return [`${head}: failed. ${oneLine(run.failure)}`];
    return (Object.keys(loads) as LoadName[]).flatMap((load) => {
      const reason = run.figures?.loads[load].void;
      return reason === undefined ? [] : [`${head}, ${loadTitles[load]}: void. ${oneLine(reason)}`];
    });
  });
  const measured = series.runs.flatMap(({ server, model, figures }) =>
    Object.entries(figures?.loads ?? {}).map(([load, { cpu }]) => ({ server, model, load, cpu })),
  );
  const limited = measured.filter(({ cpu }) => cpu.generator >= saturated);
  const others = Math.max(0, ...measured.map(({ cpu }) => cpu.others));
  const limitedNames = new Set(
    limited.map(({ server, model, load }) => {
      return `${title(server)} (${model}, ${loadTitles[load as LoadName]})`;
    }),
  );
  const warnings = [
    ...(limitedNames.size > 0
      ? [
          `k6 had no CPU left with: ${[...limitedNames].join(", ")}. There the requests per second ` +
            "are those of k6, the server could do more, and CPU per request is the figure to compare.",
        ]
      : []),
    ...(others > disturbing
      ? [
          `Other programs had up to ${Math.round(others * 100)} % of a CPU while this was measured; ` +
            "repeat it on a quiet machine.",
        ]
      : []),
  ];
  const all = [...warnings, ...lines];
  return all.length === 0
    ? "Nothing failed, no load is void, and k6 always had CPU to spare."
    : all.map((line) => `- ${line}`).join("\n");
}

const loadTitles: Record<LoadName, string> = {
  one: "1 connection",
  sixteen: "16 connections",
  sixtyFour: "64 connections",
  rate: "300 requests/s",
};

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").slice(0, 300);
