import type { ModelDeployment } from "../../api/model-deployment.ts";
import { conditionTypes, type ConditionType } from "../../api/reasons.ts";
import { benchmarked } from "./benchmarked.ts";
import { capturing } from "./capturing.ts";
import type { Check, CheckInput, ConditionValue } from "./check.ts";
import { enriching } from "./enriching.ts";
import { problemsOf } from "./problems.ts";
import { ready } from "./ready.ts";
import { reconciling } from "./reconciling.ts";
import { stalled } from "./stalled.ts";
import type { View } from "./view.ts";
import { withinSLO } from "./within-slo.ts";

/** The checks of each condition, in the order in which they are tried. */
const checks: Record<ConditionType, Check[]> = {
  Ready: ready,
  Reconciling: reconciling,
  Stalled: stalled,
  Benchmarked: benchmarked,
  WithinSLO: withinSLO,
  Capturing: capturing,
  Enriching: enriching,
};

/** The conditions that the spec asks for, in the order in which the status shows them. */
export function conditionValues(view: View): [type: ConditionType, value: ConditionValue][] {
  const input = { ...view, problems: problemsOf(view) };
  return conditionTypes
    .filter((type) => isWanted(view.model, type))
    .map((type) => [type, decide(type, input)]);
}

/** @throws when no check finds anything; the last check of each list always does */
function decide(type: ConditionType, input: CheckInput): ConditionValue {
  for (const check of checks[type]) {
    const value = check(input);
    if (value) return value;
  }
  throw new Error(`No check of condition ${type} found anything`);
}

/** Capturing and Enriching are there only with what they are about; the others always are. */
function isWanted({ spec }: ModelDeployment, type: ConditionType): boolean {
  if (type === "Capturing") return spec.capture !== undefined;
  return type !== "Enriching" || spec.enrichment !== undefined;
}
