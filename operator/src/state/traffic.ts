/** How much a model is asked, as far as it matters to enrichment. */
export type Traffic =
  /** A pod does not say. */
  | { state: "Unknown"; pod: string }
  /** It is asked more often than is allowed. */
  | { state: "Busy" }
  /** It is not, and has not been for so long. */
  | { state: "Quiet"; milliseconds: number };

/** What one server has counted since it was started. */
export interface RequestCount {
  requests: number;
  uptimeSeconds: number;
}

/** Makes rates of what the servers of one model count. */
export interface TrafficMeter {
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
  ): Traffic | undefined;
}

/** What is known of one pod. */
interface Reading {
  /** When it was asked for the first time, or answered last. */
  at: number;
  last?: RequestCount;
  /** Requests per second between its last two answers. */
  rate?: number;
}

/** @param limit requests per second of all pods together that are not too many */
export function createTrafficMeter(limit: number): TrafficMeter {
  let readings = new Map<string, Reading>();
  let quietSince: number | undefined;
  let known: Traffic | undefined;

  function verdict(now: number, patience: number): Traffic | undefined {
    const entries = [...readings];
    const rates = entries.flatMap(([, { at, rate }]) =>
      rate === undefined || now - at > patience ? [] : rate,
    );
    if (rates.reduce((sum, rate) => sum + rate, 0) > limit) return { state: "Busy" };
    const silent = entries.find(([, { at }]) => now - at > patience);
    if (silent) return { state: "Unknown", pod: silent[0] };
    // All of them are new: whatever they replace is the best guess.
    if (entries.length > 0 && rates.length === 0 && known?.state !== "Quiet") return known;
    return { state: "Quiet", milliseconds: now - (quietSince ?? now) };
  }

  return {
    round(counts, { now, patience }) {
      readings = new Map(
        [...counts].map(([pod, count]) => [pod, reading(readings.get(pod), count, now)]),
      );
      known = verdict(now, patience);
      quietSince = known?.state === "Quiet" ? (quietSince ?? now) : undefined;
      return known;
    },
  };
}

function reading(before: Reading | undefined, count: RequestCount | undefined, now: number) {
  if (!count) return before ?? { at: now };
  const requests = count.requests - (before?.last?.requests ?? Infinity);
  const seconds = count.uptimeSeconds - (before?.last?.uptimeSeconds ?? Infinity);
  // A server that was started anew has counted less.
  if (requests < 0 || seconds < 0) return { at: now, last: count };
  // An answer out of a cache says nothing new.
  if (seconds === 0) return before ?? { at: now, last: count };
  return { at: now, last: count, rate: requests / seconds };
}
