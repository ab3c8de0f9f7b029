import { valid, type LoadName, type Measured, type ModelName, type Series } from "./results.ts";
import { range, type Range } from "./statistics.ts";

/** Something that the server shall be, and whether it is. */
export interface Goal {
  text: string;
  /** What was measured in the rounds; undefined when there is no figure. */
  measured: Range | undefined;
  bound: { least: number } | { most: number };
  /** Decimals that the figures are worth. */
  decimals: number;
  unit: string;
  /** Whether every round kept the bound. */
  isReached: boolean;
}

/** The name of the server that all others are compared with. */
export const ours = "intendant";

const mebibyte = 2 ** 20;
const originals = ["original-waitress", "original-wsgiref"];
const busy: LoadName[] = ["sixteen", "sixtyFour"];

/** All goals, with what a series says about them. */
export function goals(series: Series): Goal[] {
  const throughput = (model: ModelName, rivals: string[]) =>
    range(busy.flatMap((load) => faster(series, model, load, rivals)));
  const atRate = (value: (measured: Measured) => number) =>
    range(compared(series, "intent-fr", "rate", "plain", value).map(({ own, their }) => own / their));
  const own = series.runs.filter(({ server }) => server === ours);
  const figures = own.flatMap(({ figures }) => figures ?? []);
  return [
    goal("French, 16 and 64 connections: requests/s, FastAPI", throughput("intent-fr", ["fastapi"]), { least: 3 }),
    goal("French, 16 and 64 connections: requests/s, MLServer", throughput("intent-fr", ["mlserver"]), { least: 15 }),
    goal("French, 16 and 64 connections: requests/s, the original's stack at its best", throughput("intent-fr", originals), { least: 3 }),
    goal("Tiny, 16 and 64 connections: requests/s, FastAPI", throughput("tiny", ["fastapi"]), { least: 5 }),
    goal("Tiny, 16 and 64 connections: requests/s, MLServer", throughput("tiny", ["mlserver"]), { least: 25 }),
    goal("Tiny, 16 and 64 connections: requests/s, bare Node", throughput("tiny", ["plain"]), { least: 1 }),
    goal("French, 300 requests/s: P95, bare Node", atRate(({ p95 }) => p95), { most: 1.2 }),
    goal("French, 300 requests/s: CPU per request, bare Node", atRate(({ cpuPerRequest }) => cpuPerRequest), { most: 1.4 }),
    goal("Memory under load", range(figures.map(({ loaded }) => loaded.rss / mebibyte)), { most: 130 }, { unit: " MiB", decimals: 0 }),
    goal("CPU while nobody asks", range(figures.map(({ idleCpu }) => idleCpu * 100)), { most: 0.5 }, { unit: " %", decimals: 2 }),
    goal("Process start to first right answer", range(figures.map(({ readySeconds }) => readySeconds)), { most: 0.4 }, { unit: " s", decimals: 2 }),
  ];
}

/** How many times more requests per second ours answered than the best of the rivals, round by round. */
export function faster(series: Series, model: ModelName, load: LoadName, rivals: string[]): number[] {
  const rate = ({ requestsPerSecond }: Measured) => requestsPerSecond;
  const pairs = rivals.flatMap((rival) => compared(series, model, load, rival, rate));
  const rounds = new Set(pairs.map(({ round }) => round));
  return [...rounds].map((round) => {
    return Math.min(...pairs.filter((pair) => pair.round === round).map(({ own, their }) => own / their));
  });
}

/** A figure of ours and of a rival, from the same round. */
export interface Pair {
  round: number;
  own: number;
  their: number;
}

/** The figures of ours and of a rival, for each round in which both are worth something. */
export function compared(
  series: Series,
  model: ModelName,
  load: LoadName,
  rival: string,
  value: (measured: Measured) => number,
): Pair[] {
  const found = (server: string, round: number) => {
    const run = series.runs.find((run) => run.server === server && run.model === model && run.round === round);
    return run && valid(run, load);
  };
  const rounds = [...new Set(series.runs.map(({ round }) => round))];
  return rounds.flatMap((round) => {
    const [own, their] = [found(ours, round), found(rival, round)];
    return own && their ? [{ round, own: value(own), their: value(their) }] : [];
  });
}

function goal(
  text: string,
  measured: Range | undefined,
  bound: Goal["bound"],
  { unit, decimals } = { unit: " x", decimals: 2 },
): Goal {
  const isReached =
    measured !== undefined &&
    ("least" in bound ? measured.least >= bound.least : measured.most <= bound.most);
  return { text, measured, bound, unit, decimals, isReached };
}
