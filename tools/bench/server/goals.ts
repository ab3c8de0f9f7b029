import {
  modelTitles,
  valid,
  type Figures,
  type LoadName,
  type Measured,
  type ModelName,
  type Series,
} from "./results.ts";
import { range, type Range } from "../lib/statistics.ts";

/** Something that the server shall be, and whether it is. */
export interface Goal {
  text: string;
  /** What was measured in the rounds; undefined when there is no figure. */
  measured: Range | undefined;
  bound: { least: number } | { most: number };
  /** Decimals that the figures are worth. */
  decimals: number;
  unit: string;
  /** The same by CPU per request, where the generator may have been the limit. */
  byCpu?: Range | undefined;
  /** Whether every round kept the bound. */
  isReached: boolean;
}

/** The name of the server that all others are compared with. */
export const ours = "intendant";

const originals = ["original-waitress", "original-wsgiref"];
const busy: LoadName[] = ["sixteen", "sixtyFour"];

/** All goals, with what a series says about them. */
export function goals(series: Series): Goal[] {
  const throughput = (model: ModelName, others: string[], text: string, least: number): Goal => {
    const each = (value: Value) =>
      busy.flatMap((load) => ratiosToBest(series, { model, load, value }, others));
    const rates = each(requestsPerSecond);
    const named = `${modelTitles[model]}, 16 and 64 connections: requests/s of ${text}`;
    const expected = series.rounds * busy.length;
    return { ...goal(named, rates, { least }, expected), byCpu: range(each(perCpuSecond)) };
  };
  const atRate = (text: string, value: Value, most: number): Goal => {
    const compared = { model: "intent-fr", load: "rate", value } as const;
    const ratios = ratiosToBest(series, compared, ["plain"]);
    const named = `French, 300 requests/s: ${text} of bare Node`;
    return goal(named, ratios, { most }, series.rounds);
  };
  const own = series.runs.filter(({ server }) => server === ours);
  const absolute = (
    text: string,
    value: (figures: Figures) => number,
    most: number,
    unit: Unit,
  ) => {
    const found = own.flatMap(({ figures }) => (figures ? [value(figures)] : []));
    return { ...goal(text, found, { most }, own.length), ...unit };
  };
  return [
    throughput("intent-fr", ["fastapi"], "FastAPI", 3),
    throughput("intent-fr", ["mlserver"], "MLServer", 15),
    throughput("intent-fr", originals, "the original's stack at its best", 3),
    throughput("tiny", ["fastapi"], "FastAPI", 5),
    throughput("tiny", ["mlserver"], "MLServer", 25),
    throughput("tiny", ["plain"], "bare Node", 1),
    atRate("P95", ({ p95 }) => p95, 1.2),
    atRate("CPU per request", ({ cpuPerRequest }) => cpuPerRequest, 1.4),
    absolute("Memory under load", ({ loaded }) => loaded.rss / 2 ** 20, 130, mebibytes),
    absolute("CPU at idle", ({ idleCpu }) => idleCpu * 100, 0.5, percent),
    absolute(
      "From the start of the process to the first right answer",
      secondsToReady,
      0.4,
      seconds,
    ),
  ];
}

/** A figure of one load. */
export type Value = (measured: Measured) => number;

/** A figure of one model under one load. */
export interface Compared {
  model: ModelName;
  load: LoadName;
  value: Value;
}

/** What a server answers in a second of time that passes. */
export const requestsPerSecond: Value = (measured) => measured.requestsPerSecond;

/** What a server would answer if it had one CPU and no other limit. */
export const perCpuSecond: Value = ({ cpuPerRequest }) => 1 / cpuPerRequest;

const secondsToReady = ({ readySeconds }: Figures) => readySeconds;

type Unit = Pick<Goal, "unit" | "decimals">;
const times: Unit = { unit: " x", decimals: 2 };
const mebibytes: Unit = { unit: " MiB", decimals: 1 };
const percent: Unit = { unit: " %", decimals: 2 };
const seconds: Unit = { unit: " s", decimals: 2 };

/** Ours divided by the greatest of the others', for each round that has both. */
export function ratiosToBest(
  series: Series,
  { model, load, value }: Compared,
  others: string[],
): number[] {
  return rounds(series).flatMap((round) => {
    const figure = (server: string) => {
      const measured = series.runs
        .filter((run) => run.server === server && run.model === model && run.round === round)
        .map((run) => valid(run, load))[0];
      return measured && value(measured);
    };
    const own = figure(ours);
    const best = range(others.map(figure))?.most;
    return own === undefined || best === undefined ? [] : [own / best];
  });
}

function rounds({ runs }: Series): number[] {
  return [...new Set(runs.map(({ round }) => round))];
}

/** A goal is reached when no round missed it, and no round lacks a figure. */
function goal(text: string, found: number[], bound: Goal["bound"], expected: number): Goal {
  const keeps = (value: number) => ("least" in bound ? value >= bound.least : value <= bound.most);
  const isReached = found.length > 0 && found.length >= expected && found.every(keeps);
  return { text, measured: range(found), bound, isReached, ...times };
}
