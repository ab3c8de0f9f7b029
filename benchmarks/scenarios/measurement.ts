import type { Latency, Measurement, Plan } from "../contract.ts";

/** Names of the metrics that the scenarios keep and the measurement is made of. */
export const metric = {
  latency: "answer_time",
  requests: "measured_requests",
  errors: "measured_errors",
  failedChecks: "failed_checks",
  lastAnswer: "last_answer",
} as const;

/** Columns that k6 shall compute for each trend. */
export const trendStats = ["p(50)", "p(95)", "p(99)"];

/** The part of k6's end-of-test data that is read here. */
export interface Summary {
  metrics: Record<string, { values: Record<string, number> } | undefined>;
  root_group: { checks: { name: string; fails: number }[] };
}

/**
 * What k6 counted, in the words of the contract.
 *
 * @param began when the load began, in milliseconds since 1970
 */
export function measurement(summary: Summary, plan: Plan, began: number): Measurement {
  const value = (name: string, column: string) => summary.metrics[name]?.values[column] ?? 0;
  const requests = value(metric.requests, "count");
  const errors = value(metric.errors, "count");
  const ended = Math.max(began + plan.duration * 1000, value(metric.lastAnswer, "max"));
  return {
    ...(requests > errors && { latency: latency(value) }),
    rps: rounded(((requests - errors) * 1000) / (ended - began)),
    requests,
    errors,
    failedChecks: value(metric.failedChecks, "count"),
    dropped: value("dropped_iterations", "count"),
    ...commonestFailure(summary),
    startedAt: new Date(began).toISOString(),
    finishedAt: new Date(ended).toISOString(),
  };
}

function latency(value: (name: string, column: string) => number): Latency {
  const percentile = (share: number) => rounded(value(metric.latency, `p(${share})`));
  return { p50: percentile(50), p95: percentile(95), p99: percentile(99) };
}

/** Failures are counted as k6 checks, one for each text. */
function commonestFailure({ root_group }: Summary): Pick<Measurement, "commonestFailure"> {
  const [first] = root_group.checks.toSorted((a, b) => b.fails - a.fails);
  return first ? { commonestFailure: first.name.slice(0, 200) } : {};
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;
