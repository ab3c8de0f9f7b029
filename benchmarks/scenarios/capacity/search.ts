import type { Capacity } from "../../contract.ts";

/** How a step at a rate ended. */
export interface StepResult {
  /** Requests per second. */
  rate: number;
  held: boolean;
  /** Whether it was held by far, so that it need not be made again. */
  clear: boolean;
  /** Whether it was probably missed because the generator could not send more. */
  limitedByGenerator: boolean;
}

/** Between which rates the capacity is, as far as is known. */
export interface Bracket {
  /** The highest rate that was held; undefined while none was. */
  held?: number;
  /** The lowest rate above it that was not. */
  missed?: number;
}

/** Requests per second below which nothing is looked for. */
const lowest = 0.1;

/** Requests per second at which a search without a limit ends. */
const defaultLimit = 20_000;

/**
 * The rate of the next step, undefined when the search is over: the rate doubles until it is
 * missed, or halves until it is held, and then goes to the middle of the two until they are as near
 * to each other as the resolution asks.
 *
 * A miss, and a rate that was just held, may be noise: such a step is made again, and when the two
 * differ, a third one decides. A miss for which the generator is to blame counts half.
 *
 * @param first where to begin
 */
export function nextRate(load: Capacity, first: number, tried: StepResult[]): number | undefined {
  const last = tried.at(-1);
  const limit = load.limit ?? defaultLimit;
  if (!last) return rounded(Math.max(lowest, Math.min(first, limit)));
  if (verdict(tried, last.rate) === undefined) return last.rate;
  const { held, missed } = bracket(tried);
  if (missed === undefined) return held! < limit ? rounded(Math.min(held! * 2, limit)) : undefined;
  if (held === undefined)
    return missed > lowest ? rounded(Math.max(missed / 2, lowest)) : undefined;
  if (missed / held <= 1 + load.resolution) return undefined;
  const middle = rounded(Math.sqrt(held * missed));
  return middle > held && middle < missed ? middle : undefined;
}

/** What the steps so far say. */
export function bracket(tried: StepResult[]): Bracket {
  const rates = (wanted: boolean) =>
    tried.map(({ rate }) => rate).filter((rate) => verdict(tried, rate) === wanted);
  const held = Math.max(...rates(true));
  const missed = Math.min(...rates(false).filter((rate) => rate > held));
  return {
    ...(Number.isFinite(held) && { held }),
    ...(Number.isFinite(missed) && { missed }),
  };
}

/** Where to begin: a quarter of what one request at a time would give on each replica. */
export function firstRate(load: Capacity, unloadedMs: number): number {
  return load.start ?? (load.replicas * 1000) / unloadedMs / 4;
}

function verdict(tried: StepResult[], rate: number): boolean | undefined {
  const same = tried.filter((step) => step.rate === rate);
  const held = same.filter((step) => step.held).length;
  const blamed = same.filter(({ limitedByGenerator }) => limitedByGenerator).length;
  const missed = same.length - held - blamed / 2;
  if (held >= 2 || (missed === 0 && same.some(({ clear }) => clear))) return true;
  return missed >= 2 ? false : undefined;
}

/** Three digits, but never finer than a hundredth: k6 takes whole numbers in 100 seconds. */
function rounded(rate: number): number {
  const digits = Number(rate.toPrecision(rate < 1000 ? 3 : 4));
  return Math.round(digits * 100) / 100;
}
