import { reasons } from "../../api/reasons.ts";
import { comparison } from "../../benchmark/slo.ts";
import { no, unknown, yes, type Check, type CheckInput } from "./check.ts";

/** Whether the result of the benchmark meets spec.slo. */
export const withinSLO: Check[] = [sloEmpty, notMeasured, compared];

function sloEmpty({ model: { spec } }: CheckInput) {
  if (spec.slo?.p95 !== undefined || spec.slo?.errorRate !== undefined) return undefined;
  return unknown(reasons.NoSLO, "spec.slo sets neither p95 nor errorRate");
}

function notMeasured({ plan: { benchmark } }: CheckInput) {
  if (benchmark.figures) return undefined;
  return unknown(
    reasons.NotMeasured,
    "no valid result for the serving revision; see condition Benchmarked",
  );
}

function compared({ model: { spec }, plan: { benchmark } }: CheckInput) {
  if (!benchmark.figures) return undefined;
  const { isMet, message } = comparison(benchmark.figures, spec.slo ?? {});
  return isMet ? yes(reasons.Met, message) : no(reasons.Missed, message);
}
