import { isDeepStrictEqual } from "node:util";
import type { EnrichmentSpec, ModelDeployment } from "../api/model-deployment.ts";
import type { Annotator } from "../state/capture-report.ts";
import { hash } from "../api/hash.ts";
import { isFinished } from "../state/jobs.ts";
import { type Observed } from "../state/observed.ts";
import { isTrue, type Job } from "../kube/objects.ts";
import { origin } from "../resources/enrichment-job.ts";

/** What is known of a model's enrichment. */
export type Enriched = Pick<Observed, "annotator" | "enrichmentJob" | "capture">;

/**
 * SHA-256 of the annotating model. Where neither the spec nor a ConfigMap says it, it is the one that
 * the workers have put into the database.
 */
export function annotatorDigest(model: ModelDeployment, enriched: Enriched): string | undefined {
  const { enrichment } = model.spec;
  if (!enrichment) return undefined;
  const { annotator, enrichmentJob: job } = enriched;
  const known = annotator?.sha256 ?? ofServingRevision(model, enrichment);
  if (known !== undefined || !job || origin(job)?.model !== hash(enrichment.model)) return known;
  return activeInDatabase(job, enriched) ?? model.status?.enrichment?.annotator;
}

/** How far an annotating model is, as the database counts it. */
export function progressOf(
  { capture }: Pick<Enriched, "capture">,
  digest: string | undefined,
): Annotator | undefined {
  return capture?.annotators.find(({ sha256 }) => sha256 === digest);
}

/**
 * How many sentences wait for their label; undefined while that is not known. For a model that has
 * never labelled any it is all of them.
 */
export function pendingOf(
  model: ModelDeployment,
  enriched: Enriched,
  digest: string | undefined,
): number | undefined {
  const { capture, enrichmentJob: job } = enriched;
  const found = progressOf(enriched, digest)?.pending;
  if (found !== undefined) return found;
  // The workers have finished all that was pending.
  const isDone = job?.status?.conditions?.some(isTrue("Complete"));
  if (isDone && digest === undefined) return 0;
  return capture?.sentences ?? model.status?.enrichment?.pending;
}

/** Whether there is something to label. */
export function isPending(
  model: ModelDeployment,
  enriched: Enriched,
  digest: string | undefined,
): boolean {
  return (pendingOf(model, enriched, digest) ?? 0) > 0;
}

/** The annotating model is the one that serves. */
function ofServingRevision({ spec, status }: ModelDeployment, enrichment: EnrichmentSpec) {
  return isDeepStrictEqual(spec.model, enrichment.model) ? status?.serving?.sha256 : undefined;
}

/** The one in use; where the database does not say which that is, the only one that makes progress. */
function activeInDatabase(job: Job, { capture }: Enriched): string | undefined {
  const annotators = capture?.annotators ?? [];
  const used = annotators.find(({ active }) => active);
  if (used) return used.sha256;
  const busy = annotators.filter(({ rate }) => rate > 0);
  return busy.length === 1 && !isFinished(job) ? busy[0]?.sha256 : undefined;
}
