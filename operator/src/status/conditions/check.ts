import type { Condition, ModelDeployment } from "../../api/model-deployment.ts";
import type { ConditionType } from "../../api/reasons.ts";
import type { Problems } from "./problems.ts";
import type { View } from "./view.ts";

/** What a check looks at: the view, and the problems that several conditions report. */
export interface CheckInput extends View {
  problems: Problems;
}

/** What a condition says. */
export type ConditionValue = Pick<Condition, "status" | "reason" | "message">;

/** Looks at one thing; the first check of a condition that finds something decides it. */
export type Check = (input: CheckInput) => ConditionValue | undefined;

/** The value of a condition that is True. */
export function yes(reason: string, message: string): ConditionValue {
  return { status: "True", reason, message };
}

/** The value of a condition that is False. */
export function no(reason: string, message: string): ConditionValue {
  return { status: "False", reason, message };
}

/** The value of a condition that is Unknown. */
export function unknown(reason: string, message: string): ConditionValue {
  return { status: "Unknown", reason, message };
}

/** The value that the condition has in the status now; undefined where it has none. */
export function previous(
  { status }: ModelDeployment,
  type: ConditionType,
): ConditionValue | undefined {
  const found = status?.conditions?.find((condition) => condition.type === type);
  return found && { status: found.status, reason: found.reason, message: found.message };
}
