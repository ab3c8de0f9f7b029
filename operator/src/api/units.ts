const factors = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as `120ms`, `1.5s` or `5m`. */
export function milliseconds(duration: string): number {
  const [, number, unit] = /^([0-9.]+)(us|ms|s|m|h)$/.exec(duration) ?? [];
  const factor = factors[unit as keyof typeof factors];
  if (number === undefined || factor === undefined) {
    throw new Error(`"${duration}" is not a duration; write for example 120ms`);
  }
  return Number(number) * factor;
}

/** Seconds of a duration such as `500ms` or `60s`. */
export function seconds(duration: string): number {
  return milliseconds(duration) / 1000;
}

/** The share that a percentage such as `0.1%` means, from 0 to 1. */
export function share(percentage: string): number {
  return Number.parseFloat(percentage) / 100;
}

/**
 * A latency for people: one decimal, two below a millisecond. It is rounded up, so that no figure
 * looks better than what was measured, and none meets an SLO that the measurement missed.
 */
export function latency(ms: number): string {
  const steps = ms < 1 ? 100 : 10;
  // 1.1 * 10 is 11.000000000000002, which is not 12.
  return `${Math.ceil(Number((ms * steps).toFixed(6))) / steps}ms`;
}

/** A time for people, from microseconds: `212us` or `1.4ms`. */
export function cpuTime(us: number): string {
  return us < 1000 ? `${Math.round(us)}us` : `${(us / 1000).toFixed(1)}ms`;
}

/** A share from 0 to 1 for people. */
export function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(2))}%`;
}

/** A rate for people, without unit: three digits or so. */
export function rate(perSecond: number): string {
  const decimals = perSecond < 1 ? 2 : perSecond < 100 ? 1 : 0;
  return perSecond.toFixed(decimals);
}

/** A time in seconds for people: milliseconds below a second, otherwise seconds with one decimal. */
export function elapsed(time: number): string {
  if (time === 0) return "0s";
  const ms = Math.ceil(Number((time * 1000).toFixed(3)));
  return ms < 1000 ? `${ms}ms` : `${Number(time.toFixed(1))}s`;
}

/** A number of bytes as a quantity for people, in about three digits. */
export function size(bytes: number): string {
  const steps = ["", "Ki", "Mi", "Gi", "Ti"];
  const exact = steps.findLastIndex((_, step) => bytes >= 1024 ** step);
  const step = Math.max(0, exact);
  const scaled = bytes / 1024 ** step;
  return `${Number(scaled.toFixed(scaled < 100 && step > 0 ? 1 : 0))}${steps[step]}`;
}

const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** What a Kubernetes quantity such as `250m` or `1Gi` amounts to; NaN when it is none. */
export function amount(quantity: string | number): number {
  const [, number, suffix = ""] =
    /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(String(quantity)) ?? [];
  return Number(number) * (suffixes[suffix] ?? Number.NaN);
}
