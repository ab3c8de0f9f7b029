/** What k6 gives to `handleSummary`. */
export interface Summary {
  metrics: Record<string, { values: Record<string, number> } | undefined>;
}

/**
 * The values of a summary: of a metric, the one of a kind, for example `p(95)` or `count`; 0 when k6
 * has none. Runs inside k6, so this file imports nothing of Node.
 */
export function valuesOf({ metrics }: Summary): (metric: string, kind: string) => number {
  return (metric, kind) => metrics[metric]?.values[kind] ?? 0;
}

/** Options of a load with a constant number of requests per second, however slow the answers are. */
export function constantRate(rate: number, duration: string, virtualUsers: number) {
  return {
    executor: "constant-arrival-rate" as const,
    rate,
    timeUnit: "1s",
    duration,
    preAllocatedVUs: virtualUsers,
  };
}
