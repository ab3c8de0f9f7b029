import type { Capacity, Load } from "../../../../benchmarks/contract.ts";

/** A latency for people, with three digits: `850 µs`, `3.1 ms`, `1.2 s`. */
export function inWords(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 1) return `${digits(ms * 1000)} µs`;
  return ms < 1000 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}

/** A number with at most three digits after which nothing but zeros come: 0.125, 3.1, 850, 12340. */
export function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** A share from 0 to 1 as a percentage; what is not zero does not look like zero. */
export function percentage(share: number): string {
  if (share > 0 && share < 0.0001) return "< 0.01%";
  return `${digits(share * 100)}%`;
}

/** A figure of the status, such as `3.1ms`, with a space before its unit. */
export function spaced(figure: string): string {
  return figure.replace(/^([0-9.]+)us$/, "$1 µs").replace(/^([0-9.]+)([a-z]+)$/, "$1 $2");
}

/** A time of RFC 3339 to the second, in UTC. */
export function instant(time: string): string {
  return new Date(time)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}

/** The load in a sentence without its end. */
export function loadInWords(load: Load, duration: number): string {
  if (load.scenario === "Capacity") {
    const apart = percentage(load.resolution);
    return `rising rates until the SLO is missed, then ones between, until they are ${apart} apart`;
  }
  return `${loads(load)}, for ${duration} s`;
}

function loads(load: Exclude<Load, Capacity>): string {
  if (load.scenario === "Script") return "a script";
  if (load.scenario === "Rate") {
    return `${load.rate} requests a second, whether or not earlier ones were answered`;
  }
  const { min, max } = load.thinkTime;
  const users =
    load.users === 1
      ? "1 user, who asks, waits for the answer, and thinks"
      : `${load.users} users, who ask, wait for the answer, and think`;
  return `${users} for ${min} to ${max} s`;
}
