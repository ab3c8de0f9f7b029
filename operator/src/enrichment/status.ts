import { annotatorDigest, pendingOf, progressOf } from "./annotator.ts";
import type { ModelDeployment, ModelDeploymentStatus } from "../api/model-deployment.ts";
import type { Observed } from "../state/observed.ts";
import { rate } from "../api/units.ts";
import { workersAtWork } from "./workers.ts";

/** The counters of the enrichment; while the servers report none, the last ones. */
export function enrichmentStatus(
  model: ModelDeployment,
  observed: Observed,
): Pick<ModelDeploymentStatus, "enrichment"> {
  if (!model.spec.enrichment) return {};
  const annotator = annotatorDigest(model, observed);
  const known = model.status?.enrichment;
  const found = progressOf(observed, annotator);
  const isSame = annotator === known?.annotator;
  const enriched = found?.enriched ?? (isSame ? known?.enriched : undefined);
  // All of them, if it has labelled none: but perhaps it has.
  const pending = annotator === undefined ? undefined : pendingOf(model, observed, annotator);
  return {
    enrichment: {
      ...(annotator !== undefined && { annotator }),
      ...(enriched !== undefined && { enriched }),
      ...(pending !== undefined && { pending }),
      ...(found && found.rate > 0 && { rate: `${rate(found.rate)}/s` }),
      workers: workersAtWork(observed.pods).length,
    },
  };
}
