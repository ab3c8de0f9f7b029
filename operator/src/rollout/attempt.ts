import type { Candidate, ModelDeployment, Refusal } from "../api/model-deployment.ts";
import { milliseconds } from "../api/units.ts";

/** Annotation that requests another attempt; each new value is a new request. */
export const retryAnnotation = "intendant.dev/retry";

/** One try at bringing a revision up beside the serving one. */
export interface Attempt {
  /** When it began; undefined while the status does not say so yet. */
  since: string | undefined;
  /** Why it is over. */
  refusal: Refusal | undefined;
  /** When the revision has to be ready, in milliseconds since 1970; never before it began. */
  deadline: number;
}

/**
 * The attempt at a revision that the status remembers. A refused one is over for good once the spec
 * has changed or another attempt was requested.
 */
export function attempt(model: ModelDeployment, revision: string | undefined): Attempt {
  const candidate = remembered(model, revision);
  const since = candidate?.since;
  const limit = milliseconds(model.spec.rollout.deadline);
  const deadline = since === undefined ? Infinity : Date.parse(since) + limit;
  return { since, refusal: candidate?.refusal, deadline };
}

/** What the spec and the annotation say at the moment of a refusal. */
export function attemptKey({ metadata }: ModelDeployment): Pick<Refusal, "generation" | "retry"> {
  const retry = metadata.annotations?.[retryAnnotation];
  return { generation: metadata.generation, ...(retry !== undefined && { retry }) };
}

function remembered(model: ModelDeployment, revision: string | undefined): Candidate | undefined {
  const candidate = model.status?.candidate;
  if (!candidate || candidate.revision !== revision) return undefined;
  const { refusal } = candidate;
  const { generation, retry } = attemptKey(model);
  const isOver = refusal && (refusal.generation !== generation || refusal.retry !== retry);
  return isOver ? undefined : candidate;
}
