import type { ModelDeployment } from "../../api/model-deployment.ts";
import type { Stalled, Waiting } from "../../diagnosis/errors.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Observed } from "../../state/observed.ts";

/** What conditions are made from. */
export interface View {
  model: ModelDeployment;
  observed: Observed;
  plan: Plan;
  /** What kept the plan from being carried out. */
  applyError?: Stalled | Waiting | undefined;
  /** What kept the workers of the enrichment from what the plan has for them. */
  enrichmentError?: Stalled | Waiting | undefined;
}
