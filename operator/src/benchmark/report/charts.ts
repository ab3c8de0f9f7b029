import type { CapacityResult, Latency, Series, Step } from "../../../../benchmarks/contract.ts";
import { latency } from "../../api/units.ts";
import {
  across,
  bar,
  chart,
  curve,
  level,
  mark,
  plot,
  remark,
  upright,
  upwards,
  type Axis,
  type Style,
} from "./chart.ts";
import { markup, type Content, type Markup } from "./markup.ts";
import { exact, linear, scaleOf, type Scale } from "./scale.ts";
import { digits, inWords, percentage, spaced } from "./words.ts";

/** What a latency is held against, in milliseconds. */
export interface Promised {
  p95?: number | undefined;
}

/** The percentiles in the order of the columns of a series. */
const percentiles = [
  { style: "p50", label: "P50", column: 0 },
  { style: "p95", label: "P95", column: 1 },
  { style: "p99", label: "P99", column: 2 },
] as const;

/** The percentiles over the time of a measurement, with the SLO; nothing when nothing was answered. */
export function latencyOverTime(series: Series, { p95: slo }: Promised): Content {
  const values = series.buckets.flatMap(([p50, p95, p99]) => present([p50, p95, p99]));
  if (values.length === 0) return undefined;
  const x = timeAxis(series);
  const y = latencyAxis([...values, ...present([slo])]);
  const seen = percentiles.map(({ label, column }) => {
    const over = present(series.buckets.map((bucket) => bucket[column]));
    return `${label} from ${inWords(Math.min(...over))} to ${inWords(Math.max(...over))}`;
  });
  return chart(
    {
      id: "latency",
      title: "Latency over time",
      description: `${seen.join(", ")}${slo === undefined ? "" : `; the SLO is ${inWords(slo)}`}.`,
      x,
      y,
      legend: [...percentiles],
    },
    percentiles.map(({ style, column }) =>
      curve(
        style,
        series.buckets.map((bucket, index) => ({
          x: x.scale.at((index + 0.5) * series.seconds),
          y: position(y.scale, bucket[column]),
        })),
      ),
    ),
    slo !== undefined && level("slo", y.scale.at(slo), `SLO: P95 ${inWords(slo)}`, "right"),
  );
}

/** How many requests were made each second. */
export function rateOverTime({ seconds, buckets }: Series): Markup {
  const rates = buckets.map(([, , , requests]) => requests / seconds);
  const x = timeAxis({ seconds, buckets });
  const y: Axis = {
    scale: linear(Math.max(...rates, 0.1), upwards),
    title: "Requests/s",
    label: digits,
  };
  return chart(
    {
      id: "rate",
      title: "Rate over time",
      description: `From ${digits(Math.min(...rates))} to ${digits(Math.max(...rates))} requests a second.`,
      x,
      y,
      legend: [],
    },
    curve(
      "rate",
      rates.map((rate, index) => ({
        x: x.scale.at((index + 0.5) * seconds),
        y: y.scale.at(rate),
      })),
    ),
  );
}

/** Which share of the requests failed; where no request did, the plot says so. */
export function errorsOverTime({ seconds, buckets }: Series): Markup {
  const shares = buckets.map(([, , , requests, errors]) => (requests > 0 ? errors / requests : 0));
  const failed = buckets.reduce((sum, [, , , , errors]) => sum + errors, 0);
  const x = timeAxis({ seconds, buckets });
  const largest = Math.max(...shares) || 0.01;
  const y: Axis = { scale: linear(largest, upwards), title: "Failed requests", label: percentage };
  return chart(
    {
      id: "errors",
      title: "Errors over time",
      description: `${failed === 0 ? "No request" : failed} failed, at most ${percentage(Math.max(...shares))} at a time.`,
      x,
      y,
      legend: [],
    },
    failed === 0 && remark("No request failed"),
    shares.map((share, index) => {
      if (share === 0) return undefined;
      const from = x.scale.at((index + 0.1) * seconds);
      return bar("errors", [from, x.scale.at((index + 0.9) * seconds)], y.scale.at(share));
    }),
    markup`
`,
  );
}

/** Height of one row of the percentiles' bars, and of the bar in it. */
const row = { height: 62, bar: 30 };

/** The percentiles of the whole measurement as bars, beside the SLO where that is near. */
export function percentileBars(measured: Latency, { p95: slo }: Promised): Markup {
  const isNear = slo !== undefined && slo <= 3 * measured.p99;
  const largest = Math.max(measured.p99, isNear ? slo : 0) * 1.12;
  const x: Axis = { scale: exact(largest, across), title: "Latency", label: inWords };
  const y: Axis = { scale: { ...linear(1, upwards), ticks: [] }, title: "", label: String };
  const figures = percentiles.map(({ style, label }) => ({ style, label, ms: measured[style] }));
  const words = figures.map(({ label, ms }) => `${label} ${shown(ms)}`).join(", ");
  const promise = slo === undefined ? "" : `; the SLO is ${inWords(slo)} for P95`;
  return chart(
    {
      id: "percentiles",
      title: "Latency of all answered requests",
      description: `${words}${promise}.`,
      x,
      y,
      legend: [],
    },
    // Behind the bars, so that it crosses none of their numbers.
    isNear && slo !== undefined && upright("slo", x.scale.at(slo), `SLO ${inWords(slo)}`),
    figures.map(({ style, label, ms }, index) =>
      percentileBar(x.scale, { style, label, ms }, index),
    ),
    !isNear &&
      slo !== undefined &&
      markup`<text class="slo note" x="${plot.right - 4}" y="${plot.top - 10}" text-anchor="end">SLO ${inWords(slo)}, far to the right →</text>
`,
  );
}

function percentileBar(
  scale: Scale,
  { style, label, ms }: { style: Style; label: string; ms: number },
  index: number,
): Markup {
  const y = plot.top + index * row.height + (row.height - row.bar) / 2;
  const width = Number((scale.at(ms) - plot.left).toFixed(1));
  const middle = y + row.bar / 2 + 5;
  const isLong = width > 100;
  const at = isLong ? plot.left + width - 8 : plot.left + width + 8;
  const text = isLong ? "inside" : "value";
  return markup`<text class="name" x="${plot.left - 9}" y="${middle}" text-anchor="end">${label}</text><rect class="${style}" x="${plot.left}" y="${y}" width="${width}" height="${row.bar}" rx="3"/><text class="${text}" x="${at}" y="${middle}" text-anchor="${isLong ? "end" : "start"}">${shown(ms)}</text>
`;
}

/**
 * P95 over the rate, step by step, with the SLO and the highest rate that was held; nothing without
 * an answer.
 *
 * @param name what that rate is: the capacity, or less where the search is not valid
 */
export function latencyOverRate(
  found: CapacityResult,
  { p95: slo }: Promised,
  name: string,
): Content {
  const steps = found.steps.filter(([, p95]) => p95 !== null);
  if (steps.length === 0) return undefined;
  const x: Axis = {
    scale: scaleOf(triedRates(found), across),
    title: "Requests a second, over all pods",
    label: digits,
  };
  const y = latencyAxis([...present(steps.map(([, p95]) => p95)), ...present([slo])], "P95");
  const heldSteps = found.steps.filter(([, , , held]) => held === 1).length;
  return chart(
    {
      id: "capacity",
      title: "Latency over rate",
      description: `${found.steps.length} rates were tried, ${heldSteps} of them held; ${capacityInWords(found)}.`,
      x,
      y,
      legend: [
        { style: "held", label: "Held" },
        { style: "missed", label: "Not held" },
      ],
    },
    slo !== undefined && level("slo", y.scale.at(slo), `SLO: P95 ${inWords(slo)}`, "left"),
    found.rps > 0 && upright("found", x.scale.at(found.rps), `${name} ${digits(found.rps)}/s`),
    curve(
      "p95",
      risen(steps).map(({ rate, p95 }) => ({
        x: x.scale.at(rate),
        y: y.scale.at(p95),
      })),
    ),
    steps.map(([rate, p95, , held]) =>
      mark(held === 1 ? "held" : "missed", x.scale.at(rate), y.scale.at(p95 ?? 0)),
    ),
    markup`
`,
  );
}

/** The capacity of all pods, and how near it the next rate is that was not held. */
function capacityInWords({ rps, p95, missed }: CapacityResult): string {
  if (rps === 0) return "not even the lowest rate was held";
  const at = p95 === undefined ? "" : ` with P95 ${shown(p95)}`;
  const next = missed === undefined ? "" : `; ${digits(missed)}/s was not`;
  return `${digits(rps)}/s was held${at}${next}`;
}

/** A share of requests as the table shows it. */
export function errorsInWords(share: number): string {
  return share === 0 ? "0" : percentage(share);
}

/** A latency as the status shows it, rounded up. */
export function shown(ms: number): string {
  return spaced(latency(ms));
}

function triedRates({ steps, rps }: CapacityResult): number[] {
  return [...steps.map(([rate]) => rate), rps];
}

/** The median P95 of each rate that was tried, by rate. */
function risen(steps: Step[]): { rate: number; p95: number }[] {
  const rates = [...new Set(steps.map(([rate]) => rate))].sort((one, other) => one - other);
  return rates.map((rate) => {
    const tries = present(steps.map((step) => (step[0] === rate ? step[1] : null)));
    return { rate, p95: median(tries) };
  });
}

function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [(values.length - 1) / 2, values.length / 2].map(Math.floor);
  return ((sorted[low ?? 0] ?? 0) + (sorted[high ?? 0] ?? 0)) / 2;
}

function timeAxis({ seconds, buckets }: Series): Axis {
  const length = seconds * buckets.length;
  const unit = length > 180 ? { seconds: 60, name: "min" } : { seconds: 1, name: "s" };
  const inUnits = exact(length / unit.seconds, across);
  const at = (value: number) => inUnits.at(value / unit.seconds);
  const ticks = inUnits.ticks.map((tick) => tick * unit.seconds);
  return {
    scale: { ...inUnits, domain: [0, length], ticks, at },
    title: "Time since the beginning",
    label: (value) => (value === 0 ? "0" : `${digits(value / unit.seconds)} ${unit.name}`),
  };
}

function latencyAxis(values: number[], title = "Latency"): Axis {
  return { scale: scaleOf(values, upwards), title, label: inWords };
}

function position(scale: Scale, value: number | null): number | undefined {
  return value === null ? undefined : scale.at(value);
}

function present<T>(values: readonly (T | null | undefined)[]): T[] {
  return values.filter((value) => value !== null && value !== undefined);
}
