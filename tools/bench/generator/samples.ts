/** One answer as an independent generator saw it; both in milliseconds, the first since 1970. */
export interface Sample {
  /** When it was asked for. */
  at: number;
  latency: number;
  /** What of the latency is the generator's own CPU and its waiting for one, where it is known. */
  own?: number;
}

/** Percentiles in milliseconds. */
export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

/** What is compared: percentiles, and answers per second. */
export interface Figures extends Percentiles {
  rps: number;
  /** The percentiles without what the generator itself added, where that is known. */
  net?: Percentiles;
}

/** What is compared. */
export type FigureName = "p50" | "p95" | "p99" | "rps";

/** The part of a generator's load that counts. */
export interface Period {
  /** Milliseconds since 1970. */
  from: number;
  seconds: number;
}

/**
 * What `vegeta encode --to json` writes, one line for each answer.
 *
 * @throws Error with the first answer that is none
 */
export function vegetaSamples(text: string): Sample[] {
  return lines(text).map((line) => {
    const hit = JSON.parse(line) as VegetaHit;
    if (hit.error !== "" || hit.code !== 200) throw failed("vegeta", hit.code, hit.error);
    return { at: Date.parse(hit.timestamp), latency: hit.latency / 1e6 };
  });
}

interface VegetaHit {
  /** RFC 3339 with nanoseconds. */
  timestamp: string;
  code: number;
  /** Nanoseconds. */
  latency: number;
  /** Empty when there is none. */
  error: string;
}

/**
 * What users.py writes, one line for each answer.
 *
 * @throws Error with the first answer that is none
 */
export function locustSamples(text: string): Sample[] {
  return lines(text).map((line) => {
    const { at, latency, status, error, own } = JSON.parse(line) as LocustAnswer;
    if (error || status !== 200) throw failed("Locust", status, error ?? "");
    return { at: at * 1000, latency, own };
  });
}

/** `at` is in seconds; the rest as in a sample. */
interface LocustAnswer extends Required<Sample> {
  status: number;
  error: string | null;
}

function failed(generator: string, status: number, error: string): Error {
  return new Error(`A request of ${generator} failed: status ${status} ${error}`.trimEnd());
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/**
 * The figures of what was asked in a period. The rate is that of the contract: answers over the
 * period, or over the time up to the last of them when that came later.
 *
 * @throws when nothing was asked in it
 */
export function figures(samples: Sample[], { from, seconds }: Period): Figures {
  const end = from + seconds * 1000;
  const counted = samples.filter(({ at }) => at >= from && at < end);
  if (counted.length === 0) throw new Error("No answer was counted");
  const last = Math.max(end, ...counted.map(({ at, latency }) => at + latency));
  const net = counted.flatMap(({ latency, own }) => (own === undefined ? [] : latency - own));
  return {
    ...percentiles(counted.map(({ latency }) => latency)),
    rps: (1000 * counted.length) / (last - from),
    ...(net.length > 0 && { net: percentiles(net) }),
  };
}

function percentiles(values: number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
  };
}

/** The value below which a share of the others is, between two of them as k6 has it. */
function percentile(sorted: number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}
