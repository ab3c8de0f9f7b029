import { annotatorDigest, isPending, pendingOf } from "./annotator.ts";
import { type EnrichmentSpec, type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { attemptAfter, endOf, failedJobProblem, pauseAfterMs } from "./retries.ts";
import { isFinished } from "../state/jobs.ts";
import type { Observed } from "../state/observed.ts";
import type { Job } from "../kube/objects.ts";
import type { Images } from "../resources/deployment.ts";
import {
  changedJob,
  enrichmentJob,
  origin,
  originOf,
  type EnrichmentJobInputs,
  type JobChange,
} from "../resources/enrichment-job.ts";
import { milliseconds } from "../api/units.ts";
import { workersAtWork, workersProblem } from "./workers.ts";

/** What becomes of the workers, and why. */
export interface Enrichment {
  action: JobAction;
  /** What condition Enriching says; undefined where nothing is known that it could say. */
  verdict?: { status: "True" | "False" | "Unknown" } & Problem;
  /** In how many milliseconds another decision is due although nothing happens. */
  again?: number;
}

/** What to do about the Job of the workers. */
export type JobAction =
  | { kind: "nothing" }
  | { kind: "create"; job: Job }
  | { kind: "replace"; old: Job; job: Job }
  | { kind: "remove"; old: Job }
  /** Suspends it, resumes it, or gives it another number of workers. */
  | { kind: "change"; change: JobChange };

/** What to decide on. */
export interface EnrichmentInput {
  model: ModelDeployment;
  observed: Observed;
  images: Images;
  /** A measurement of the model is under way, or waits until the workers are gone. */
  isMeasuring: boolean;
  now: Date;
}

const nothing: JobAction = { kind: "nothing" };

/** Decides whether captured sentences are labelled at this moment. */
export function decideEnrichment(input: EnrichmentInput): Enrichment {
  const { model, observed } = input;
  const { enrichment: spec, paused } = model.spec;
  const job = observed.enrichmentJob;
  if (!spec) return { action: job && !paused ? { kind: "remove", old: job } : nothing };
  const context = contextOf(input, spec);
  if (paused) return whilePaused(context);
  if (isBeingDeleted(job)) return waiting("the previous Job is being deleted");
  if (job && !isFinished(job)) {
    if (!context.isCurrent) return replacing(job);
    return job.spec?.suspend ? whileSuspended(context, job) : whileRunning(context, job);
  }
  return withoutJob(context);
}

/** What is decided on, with what follows from it. */
interface EnrichmentContext extends EnrichmentInput {
  spec: EnrichmentSpec;
  jobInputs: EnrichmentJobInputs;
  digest: string | undefined;
  /** The Job is made from what the spec says. */
  isCurrent: boolean;
}

function contextOf(input: EnrichmentInput, spec: EnrichmentSpec): EnrichmentContext {
  const { model, observed, images } = input;
  const digest = annotatorDigest(model, observed);
  const jobInputs = { images, sha256: observed.annotator?.sha256 };
  const said = observed.enrichmentJob && origin(observed.enrichmentJob);
  // What cannot be found at the moment has not changed.
  const isCurrent =
    observed.annotator?.problem !== undefined ||
    said?.template === originOf(model, spec, jobInputs).template;
  return { ...input, spec, jobInputs, digest, isCurrent };
}

/** Everything stays as it is. */
function whilePaused({ observed }: EnrichmentContext): Enrichment {
  const job = observed.enrichmentJob;
  const isRunning = job && !isFinished(job) && !job.spec?.suspend;
  const message = isRunning
    ? "spec.paused is true; running workers continue until no sentence is pending"
    : "spec.paused is true";
  return { action: nothing, verdict: { status: "False", reason: reasons.Paused, message } };
}

function whileRunning(context: EnrichmentContext, job: Job): Enrichment {
  const { spec, observed } = context;
  const pause = pauseReason(context);
  if (pause?.kind === "problem") {
    return {
      ...notRunning(pause.problem),
      action: { kind: "change", change: changedJob(job, suspended(spec)) },
    };
  }
  const isResized = job.spec?.parallelism !== spec.parallelism;
  const action: JobAction = isResized
    ? { kind: "change", change: changedJob(job, working(spec)) }
    : nothing;
  const count = workersAtWork(observed.pods).length;
  if (count === 0) {
    const { problem = workersProblem(observed, job) ?? starting } = observed.annotator ?? {};
    return { ...notRunning(problem), action };
  }
  const workers = `${count}/${spec.parallelism} workers are running`;
  return { action, verdict: { status: "True", reason: reasons.Running, message: workers } };
}

function whileSuspended(context: EnrichmentContext, job: Job): Enrichment {
  const { spec } = context;
  const obstacle = pauseReason(context) ?? notIdleLongEnough(context);
  if (obstacle?.kind === "unknown") return { action: nothing };
  if (obstacle) return notRunning(obstacle.problem);
  return {
    ...notRunning(starting),
    action: { kind: "change", change: changedJob(job, working(spec)) },
  };
}

/** There is no Job, or only a finished one. */
function withoutJob(context: EnrichmentContext): Enrichment {
  const { observed } = context;
  const failed = failedJob(context);
  const pause = failed ? pauseAfterMs(failed, context.now) : 0;
  const failure = failed && failedJobProblem(observed, failed);
  const obstacle = obstacleOf(context);
  if (failure && pause > 0) return { ...notRunning(failure), again: pause };
  if (obstacle?.kind === "unknown") return failure ? notRunning(failure) : { action: nothing };
  if (obstacle) {
    const { problem } = obstacle;
    return { ...notRunning(failure ?? problem), ...again(context, problem) };
  }
  return { ...notRunning(failure ?? starting), action: createOrReplace(context, failed) };
}

/** Why no Job is created. */
function obstacleOf(context: EnrichmentContext): Obstacle | undefined {
  const { annotator } = context.observed;
  return (
    (annotator?.problem && { kind: "problem", problem: annotator.problem }) ??
    databaseProblem(context) ??
    nothingPending(context) ??
    pauseReason(context) ??
    notIdleLongEnough(context) ??
    batchNotFull(context)
  );
}

function createOrReplace(context: EnrichmentContext, failed: Job | undefined): JobAction {
  const { model, observed, spec, jobInputs } = context;
  const old = observed.enrichmentJob;
  const attempt = failed ? attemptAfter(failed) : 1;
  const job = enrichmentJob(model, spec, { ...jobInputs, attempt });
  return old ? { kind: "replace", old, job } : { kind: "create", job };
}

/** What keeps workers from working: a fact that is not known yet, or a problem. */
type Obstacle = { kind: "unknown" } | { kind: "problem"; problem: Problem };

const unknown: Obstacle = { kind: "unknown" };

function because(reason: string, message: string): Obstacle {
  return { kind: "problem", problem: { reason, message } };
}

/** Why no worker may run at this moment. */
function pauseReason({
  model,
  spec,
  observed,
  isMeasuring,
}: EnrichmentContext): Obstacle | undefined {
  const { traffic } = observed;
  if (isMeasuring) {
    return because(reasons.Measuring, "workers wait for the benchmark to finish");
  }
  if (!traffic) return unknown;
  if (traffic.state === "Busy") {
    const message = `more than ${limitOf(spec)}; workers wait until traffic has stayed at or below that for ${spec.idle.for}`;
    return because(reasons.Busy, message);
  }
  if (traffic.state === "Quiet") return undefined;
  const logs = `kubectl logs ${traffic.pod} -n ${model.metadata.namespace}`;
  const message = `pod ${traffic.pod} does not report its request count; treated as busy; to see why, run: ${logs}`;
  return because(reasons.TrafficUnknown, message);
}

function limitOf({ idle: { maxRequestsPerSecond: most } }: EnrichmentSpec): string {
  return `${most} ${most === 1 ? "request" : "requests"} per second`;
}

/** Traffic is low, but not for long enough. */
function notIdleLongEnough({
  spec,
  observed: { traffic },
}: EnrichmentContext): Obstacle | undefined {
  if (traffic?.state !== "Quiet" || traffic.milliseconds >= milliseconds(spec.idle.for)) {
    return undefined;
  }
  const message = `workers wait until traffic has stayed at or below ${limitOf(spec)} for ${spec.idle.for}`;
  return because(reasons.QuietTime, message);
}

function nothingPending({ model, observed, digest }: EnrichmentContext): Obstacle | undefined {
  if (isPending(model, observed, digest)) return undefined;
  if (pendingOf(model, observed, digest) === undefined) {
    const message = "no server pod reports how many sentences are pending";
    return observed.capture ? because(reasons.NoAnswer, message) : unknown;
  }
  return because(reasons.NothingPending, "every captured sentence has a label");
}

/** As the servers report it; without a report the workers find out for themselves. */
function databaseProblem({ observed: { capture } }: EnrichmentContext): Obstacle | undefined {
  if (!capture || ["Connected", "Off", "NoAnswer"].includes(capture.state)) return undefined;
  const { state, message = "the servers are not connected to the database" } = capture;
  return because(state, `${message}; see condition Capturing`);
}

/** A Job for less than a batch is created once per idle period only. */
function batchNotFull(context: EnrichmentContext): Obstacle | undefined {
  const { model, spec, observed, digest } = context;
  const left = untilNextMs(context);
  if (left === 0 || (pendingOf(model, observed, digest) ?? 0) >= spec.batchSize) return undefined;
  const message = `fewer sentences are pending than spec.enrichment.batchSize; workers start ${spec.idle.for} after the previous Job finished`;
  return because(reasons.QuietTime, message);
}

/** Milliseconds until a Job may follow the last one for less than a batch. */
function untilNextMs({ spec, observed, isCurrent, now }: EnrichmentContext): number {
  const end = isCurrent ? endOf(observed.enrichmentJob, "Complete") : undefined;
  if (end === undefined) return 0;
  return Math.max(0, end + milliseconds(spec.idle.for) - now.getTime());
}

/** When to look again, where only time has to pass. */
function again(context: EnrichmentContext, { reason }: Problem): Pick<Enrichment, "again"> {
  const left = untilNextMs(context);
  return reason === reasons.QuietTime && left > 0 ? { again: left } : {};
}

/** The Job has failed, and another one would be the same. */
function failedJob({ observed, isCurrent }: EnrichmentContext): Job | undefined {
  const job = observed.enrichmentJob;
  return isCurrent && endOf(job, "Failed") !== undefined ? job : undefined;
}

function isBeingDeleted(job: Job | undefined): boolean {
  return job?.metadata?.deletionTimestamp !== undefined;
}

function working({ parallelism }: EnrichmentSpec): JobChange["spec"] {
  return { suspend: false, parallelism };
}

function suspended({ parallelism }: EnrichmentSpec): JobChange["spec"] {
  return { suspend: true, parallelism };
}

const starting: Problem = { reason: reasons.Starting, message: "workers are starting" };

function notRunning({ reason, message }: Problem): Enrichment {
  return { action: nothing, verdict: { status: "False", reason, message } };
}

function waiting(message: string): Enrichment {
  return notRunning({ reason: reasons.Waiting, message });
}

function replacing(old: Job): Enrichment {
  const message = "the Job is being replaced because its pod template changed";
  return { ...waiting(message), action: { kind: "remove", old } };
}
