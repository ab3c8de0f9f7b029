/// <reference types="k6" />
/**
 * Asks one question at a constant rate, and tells answers from refusals; run by k6.
 *
 * URL, BODY, RATE (requests per second), SECONDS, and OUTPUT (the file for the outcome).
 */
import http from "k6/http";
import { Counter, Trend } from "k6/metrics";
import type { Options } from "k6/options";
import { constantRate, valuesOf, type Summary } from "../lib/k6-summary.ts";

/** What became of the requests; times in milliseconds. */
export interface Outcome {
  answered: number;
  p50: number;
  p95: number;
  /** Answered 503 with Retry-After. */
  refused: number;
  /** P95 of the refusals. */
  refusedP95: number;
  /** Answered in any other way. */
  failed: number;
  /** Not sent, because too many were open. */
  dropped: number;
}

const { URL = "", BODY = "", RATE, SECONDS, OUTPUT = "" } = __ENV;
const answered = new Trend("answered", true);
const refused = new Trend("refused", true);
const failed = new Counter("failed");

export const options: Options = {
  scenarios: {
    load: { ...constantRate(Number(RATE), `${SECONDS}s`, 200), gracefulStop: "35s" },
  },
  summaryTrendStats: ["p(50)", "p(95)", "count"],
  systemTags: [],
};

/** One request. */
export default function ask(): void {
  const { status, timings, headers } = http.post(URL, BODY, {
    headers: { "content-type": "application/json" },
  });
  const time = timings.blocked + timings.duration;
  if (status === 200) answered.add(time);
  else if (status === 503 && headers["Retry-After"]) refused.add(time);
  else failed.add(1);
}

/** Writes the outcome. */
export function handleSummary(summary: Summary): Record<string, string> {
  const value = valuesOf(summary);
  const outcome: Outcome = {
    answered: value("answered", "count"),
    p50: value("answered", "p(50)"),
    p95: value("answered", "p(95)"),
    refused: value("refused", "count"),
    refusedP95: value("refused", "p(95)"),
    failed: value("failed", "count"),
    dropped: value("dropped_iterations", "count"),
  };
  return { [OUTPUT]: JSON.stringify(outcome) };
}
