import type { Capacity, Measurement } from "../../contract.ts";
import type { StepResult } from "./search.ts";
import { growth } from "../measurement/series.ts";

/** Requests from which a 95th percentile can be taken. */
const enoughRequests = 200;

/** Most seconds of a step, unless more are asked for. */
const longest = 30;

/** Share of the CPU periods from which a generator is not to be trusted. */
const muchThrottled = 0.05;

/** How long a step at a rate is measured, in seconds. */
export function stepSeconds(load: Capacity, rate: number): number {
  return Math.max(load.stepSeconds, Math.min(longest, Math.ceil(enoughRequests / rate)));
}

/** Whether the service held the rate of a step. */
export function stepResult(load: Capacity, rate: number, step: Measurement): StepResult {
  const { p95 = Infinity, errorRate = 0 } = load.slo;
  const late = step.latency ? step.latency.p95 / p95 : Infinity;
  const grown = (step.series ? growth(step.series) : 0) / (load.resolution / 2);
  const failed = failedShare(step);
  const isInside = late <= 1 && grown <= 1 && failed <= errorRate;
  const isComplete = step.dropped === 0 && step.requests >= 0.97 * rate * stepSeconds(load, rate);
  const held = isInside && isComplete;
  return {
    rate,
    held,
    clear: held && late <= 0.8 && grown <= 0.5 && failed <= errorRate / 2,
    limitedByGenerator: !held && (isInside || isStrained(load, step)),
  };
}

/** Share of the requests without a right answer. */
export function failedShare({ requests, errors, failedChecks }: Measurement): number {
  return requests === 0 ? 1 : (errors + failedChecks) / requests;
}

/** Whether the generator had too little CPU for what it says to be true of the service. */
function isStrained({ slo }: Capacity, { throttled = 0, lateness = 0 }: Measurement): boolean {
  return throttled > muchThrottled || lateness > Math.max(10, (slo.p95 ?? 100) / 2);
}
