import type { Latency, Measurement, Plan } from "../../contract.ts";
import { podUsage } from "./pods.ts";
import { series } from "./series.ts";
import { metric, value, type Summary } from "./summary.ts";

/** What k6 counts by itself, without the warm-up; it is there when a threshold asks for it. */
export const droppedIterations = "dropped_iterations{scenario:benchmark}";

/** Most bytes that the words of a failure may take as JSON. */
const wordBytes = 200;

/**
 * What k6 counted, in the words of the contract.
 *
 * @param planned when the load was to begin, in milliseconds since 1970; it may have been later
 * @param isScript whether the load was a user's, who alone knows how long it was to last
 */
export function measurement(
  summary: Summary,
  plan: Pick<Plan, "duration" | "pods">,
  planned: number,
  isScript = false,
): Measurement {
  const began = value(summary, metric.began, "min") || planned;
  const count = (name: string) => value(summary, name, "count");
  const requests = count(metric.requests);
  const errors = count(metric.errors);
  const least = began + (isScript ? 1 : plan.duration * 1000);
  const ended = Math.max(least, value(summary, metric.lastAnswer, "max"));
  const dropped = count(isScript ? "dropped_iterations" : droppedIterations);
  // What was dropped was not counted, so that the others seem to be late by as much.
  const isTimed = summary.metrics[metric.lateness] !== undefined && dropped === 0;
  return {
    ...(requests > errors && { latency: latency(summary) }),
    rps: rounded(((requests - errors) * 1000) / (ended - began)),
    requests,
    errors,
    failedChecks: count(metric.failedChecks),
    dropped,
    ...commonestFailure(summary),
    startedAt: new Date(began).toISOString(),
    finishedAt: new Date(ended).toISOString(),
    ...(requests > 0 && { series: series(summary, plan.duration) }),
    ...podUsage(summary, plan.pods?.length ?? 0, requests),
    ...(isTimed && { lateness: rounded(value(summary, metric.lateness, "p(95)")) }),
  };
}

function latency(summary: Summary): Latency {
  const percentile = (share: number) => rounded(value(summary, metric.latency, `p(${share})`));
  return { p50: percentile(50), p95: percentile(95), p99: percentile(99) };
}

/** Failures are counted as k6 checks, one for each text. */
function commonestFailure({ root_group }: Summary): Pick<Measurement, "commonestFailure"> {
  const [first] = root_group.checks.toSorted((a, b) => b.fails - a.fails);
  return first && first.fails > 0 ? { commonestFailure: shortened(first.name) } : {};
}

function shortened(words: string): string {
  let short = words.slice(0, wordBytes);
  while (bytes(JSON.stringify(short)) > wordBytes) short = short.slice(0, -1);
  return short;
}

/** At most; no code unit takes more than three bytes in UTF-8. */
function bytes(text: string): number {
  return text.length + 2 * (text.match(/[^ -~]/g)?.length ?? 0);
}

const rounded = (number: number) => Math.round(number * 1000) / 1000;
