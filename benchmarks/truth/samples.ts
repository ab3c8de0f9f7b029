/** One answer as an independent generator saw it; both in milliseconds, the first since 1970. */
export interface Sample {
  /** When it was asked for. */
  at: number;
  latency: number;
  /** CPU of the generator that is part of the latency, where it is known. */
  cpu?: number;
}

/** What is compared: percentiles in milliseconds, and answers per second. */
export interface Figures {
  p50: number;
  p95: number;
  p99: number;
  rps: number;
  /** Median of the generator's own CPU in milliseconds that is in the latency, where it is known. */
  cpu?: number;
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
    const { at, latency, status, error, cpu } = JSON.parse(line) as LocustAnswer;
    if (error || status !== 200) throw failed("Locust", status, error ?? "");
    return { at: at * 1000, latency, cpu };
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
 * @throws when the answers do not cover the period
 */
export function figures(samples: Sample[], { from, seconds }: Period): Figures {
  const end = from + seconds * 1000;
  const counted = samples.filter(({ at }) => at >= from && at < end);
  if (counted.length === 0) throw new Error("No answer was counted");
  const last = Math.max(end, ...counted.map(({ at, latency }) => at + latency));
  const latencies = counted.map(({ latency }) => latency).toSorted((a, b) => a - b);
  const cpu = counted.flatMap(({ cpu }) => cpu ?? []).toSorted((a, b) => a - b);
  return {
    ...(cpu.length > 0 && { cpu: percentile(cpu, 0.5) }),
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
    rps: (1000 * counted.length) / (last - from),
  };
}

/** The value below which a share of the others is, between two of them as k6 has it. */
function percentile(sorted: number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}
