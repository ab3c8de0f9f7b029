/** The part of k6's end-of-test data that is read here. */
export interface Summary {
  metrics: Record<string, { values: Record<string, number> } | undefined>;
  root_group: { checks: { name: string; fails: number }[] };
}

/** Names of the metrics that the scenarios keep and the measurement is made of. */
export const metric = {
  latency: "answer_time",
  requests: "measured_requests",
  errors: "measured_errors",
  failedChecks: "failed_checks",
  lateness: "start_lateness",
  began: "measurement_began",
  lastAnswer: "last_answer",
} as const;

/** Columns that k6 shall compute for each trend. */
export const trendStats = ["p(50)", "p(95)", "p(99)"];

/** A column of a metric; 0 when k6 has no value for it. */
export function value(summary: Summary, name: string, column: string): number {
  return summary.metrics[name]?.values[column] ?? 0;
}
