import { reasons } from "../../api/reasons.ts";
import { no, yes, type Check, type CheckInput } from "./check.ts";

/** Whether something has to be changed by hand before the operator can go on. */
export const stalled: Check[] = [manualActionNeeded, noProblem];

function manualActionNeeded({ problems }: CheckInput) {
  return problems.stalled && yes(problems.stalled.reason, problems.stalled.message);
}

function noProblem() {
  return no(reasons.NoProblem, "no manual action needed");
}
