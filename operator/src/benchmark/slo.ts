import type { BenchmarkResult, ModelDeploymentSpec } from "../api/model-deployment.ts";
import { milliseconds, share } from "../api/units.ts";

/** BenchmarkResult held against a promise. */
export interface Comparison {
  isMet: boolean;
  /** Both of them, in a sentence. */
  message: string;
}

/** Whether a measurement meets a promise, in latency and in failed requests. */
export function comparison(
  { p95, requests, errors }: Pick<BenchmarkResult, "p95" | "requests" | "errors">,
  slo: NonNullable<ModelDeploymentSpec["slo"]>,
): Comparison {
  const isSlow = slo.p95 !== undefined && milliseconds(p95) > milliseconds(slo.p95);
  const isFaulty = slo.errorRate !== undefined && errors / requests > share(slo.errorRate);
  const speed =
    slo.p95 === undefined ? "" : `P95 ${p95} is ${isSlow ? "above" : "within"} ${slo.p95}, `;
  const faults = `${errors} of ${requests} requests failed`;
  const tooMany = isFaulty ? `, more than ${slo.errorRate}` : "";
  return { isMet: !isSlow && !isFaulty, message: `${speed}${faults}${tooMany}` };
}
