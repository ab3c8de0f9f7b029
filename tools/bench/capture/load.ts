/// <reference types="k6" />
/**
 * Asks the French model at a constant rate, half of the time something new; run by k6.
 *
 * URL, RATE (requests per second), SECONDS, ROUND (so that each asks other things), and OUTPUT (the
 * file for the outcome).
 */
import http from "k6/http";
import { Counter, Trend } from "k6/metrics";
import exec from "k6/execution";
import type { Options } from "k6/options";
import { constantRate, valuesOf, type Summary } from "../lib/k6-summary.ts";

/** What became of the requests; times in milliseconds. */
export interface Outcome {
  answered: number;
  p50: number;
  p95: number;
  /** Answered in any other way than with success. */
  failed: number;
  /** Not sent, because too many were open. */
  dropped: number;
}

const { URL = "", RATE, SECONDS, ROUND = "", OUTPUT = "" } = __ENV;
const answered = new Trend("answered", true);
const failed = new Counter("failed");

export const options: Options = {
  scenarios: {
    load: constantRate(Number(RATE), `${SECONDS}s`, 100),
  },
  summaryTrendStats: ["p(50)", "p(95)", "count"],
  systemTags: [],
};

/** One request. */
export default function ask(): void {
  const { iterationInTest } = exec.scenario;
  const number = iterationInTest % 2 === 0 ? `${ROUND}-${iterationInTest}` : iterationInTest % 100;
  const sentence = encodeURIComponent(`je cherche un hôtel à Lyon pour le groupe ${number}`);
  const { status, timings } = http.get(`${URL}/api/intent?sentence=${sentence}`);
  if (status === 200) answered.add(timings.blocked + timings.duration);
  else failed.add(1);
}

/** Writes the outcome. */
export function handleSummary(summary: Summary): Record<string, string> {
  const value = valuesOf(summary);
  const outcome: Outcome = {
    answered: value("answered", "count"),
    p50: value("answered", "p(50)"),
    p95: value("answered", "p(95)"),
    failed: value("failed", "count"),
    dropped: value("dropped_iterations", "count"),
  };
  return { [OUTPUT]: JSON.stringify(outcome) };
}
