/** How many requests a model gets, as far as it matters to enrichment. */
export type Traffic =
  /** A pod does not say. */
  | { state: "Unknown"; pod: string }
  /** There are more than is allowed. */
  | { state: "Busy" }
  /** There are not, and have not been for so long. */
  | { state: "Quiet"; milliseconds: number };

/** What one server has counted since it was started. */
export interface RequestCount {
  requests: number;
  uptimeSeconds: number;
}

/** What is known of one pod. */
interface Reading {
  /** When it was asked for the first time, or answered last. */
  at: number;
  last?: RequestCount;
  /** Requests per second between its last two answers. */
  rate?: number;
}

/** Makes rates of the requests that the servers of one model count. */
export class TrafficMeter {
  readonly #limit: number;
  #readings = new Map<string, Reading>();
  #quietSince: number | undefined;
  #latest: Traffic | undefined;

  /** @param limit requests per second of all pods together that are not too many */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * One round of questions.
   *
   * @param counts by pod; undefined where it did not answer
   * @param now milliseconds of a clock that is never set back
   * @param patience milliseconds after which a pod without a rate counts as one that does not say
   * @returns undefined as long as nothing can be said yet
   */
  round(
    counts: Map<string, RequestCount | undefined>,
    { now, patience }: { now: number; patience: number },
  ): Traffic | undefined {
    this.#readings = new Map(
      [...counts].map(([pod, count]) => [pod, reading(this.#readings.get(pod), count, now)]),
    );
    this.#latest = this.#verdict(now, patience);
    this.#quietSince = this.#latest?.state === "Quiet" ? (this.#quietSince ?? now) : undefined;
    return this.#latest;
  }

  #verdict(now: number, patience: number): Traffic | undefined {
    const entries = [...this.#readings];
    const rates = entries.flatMap(([, { at, rate }]) =>
      rate === undefined || now - at > patience ? [] : rate,
    );
    if (rates.reduce((sum, rate) => sum + rate, 0) > this.#limit) return { state: "Busy" };
    const silent = entries.find(([, { at }]) => now - at > patience);
    if (silent) return { state: "Unknown", pod: silent[0] };
    // All of them are new: the state of those that they replace is the best guess.
    const isGuess = entries.length > 0 && rates.length === 0;
    if (isGuess && this.#latest?.state !== "Quiet") return this.#latest;
    return { state: "Quiet", milliseconds: now - (this.#quietSince ?? now) };
  }
}

function reading(before: Reading | undefined, count: RequestCount | undefined, now: number) {
  if (!count) return before ?? { at: now };
  const requests = count.requests - (before?.last?.requests ?? Infinity);
  const seconds = count.uptimeSeconds - (before?.last?.uptimeSeconds ?? Infinity);
  // A server that was restarted has counted less.
  if (requests < 0 || seconds < 0) return { at: now, last: count };
  // An answer out of a cache says nothing new.
  if (seconds === 0) return before ?? { at: now, last: count };
  return { at: now, last: count, rate: requests / seconds };
}
