import { reasons } from "../../api/reasons.ts";
import { no, previous, unknown, type Check, type CheckInput } from "./check.ts";

/** Whether workers label captured sentences at this moment. */
export const enriching: Check[] = [
  // First, because a Job that cannot be changed does not do what was decided.
  jobRefused,
  decided,
  undecided,
];

function jobRefused({ enrichmentError }: CheckInput) {
  return enrichmentError && no(enrichmentError.reason, enrichmentError.message);
}

function decided({ plan: { enrichment } }: CheckInput) {
  return enrichment.verdict;
}

function undecided({ model }: CheckInput) {
  return (
    previous(model, "Enriching") ?? unknown(reasons.NoAnswer, "no server pod has reported yet")
  );
}
