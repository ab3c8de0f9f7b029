import { annotatorDigest, isPending, pendingOf } from "./annotator.ts";
import { type EnrichmentSpec, type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { attemptAfter, endOf, failure, pauseAfter } from "./retries.ts";
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
export function enrichment(input: EnrichmentInput): Enrichment {
  const { model, observed } = input;
  const { enrichment: spec, paused } = model.spec;
  const job = observed.enrichmentJob;
  if (!spec) return { action: job && !paused ? { kind: "remove", old: job } : nothing };
  const situation = situate(input, spec);
  if (paused) return whilePaused(situation);
  if (isGoing(job)) return waiting("the previous Job is being deleted");
  if (job && !isFinished(job)) {
    if (!situation.isCurrent) return replacing(job);
    return job.spec?.suspend ? whileSuspended(situation, job) : whileRunning(situation, job);
  }
  return whileAbsent(situation);
}

/** What is decided on, with what follows from it. */
interface Situation extends EnrichmentInput {
  spec: EnrichmentSpec;
  means: EnrichmentJobInputs;
  digest: string | undefined;
  /** The Job is made from what the spec says. */
  isCurrent: boolean;
}

function situate(input: EnrichmentInput, spec: EnrichmentSpec): Situation {
  const { model, observed, images } = input;
  const digest = annotatorDigest(model, observed);
  const means = { images, sha256: observed.annotator?.sha256 };
  const said = observed.enrichmentJob && origin(observed.enrichmentJob);
  // What cannot be found at the moment has not changed.
  const isCurrent =
    observed.annotator?.problem !== undefined ||
    said?.template === originOf(model, spec, means).template;
  return { ...input, spec, means, digest, isCurrent };
}

/** Everything stays as it is. */
function whilePaused({ observed }: Situation): Enrichment {
  const job = observed.enrichmentJob;
  const isRunning = job && !isFinished(job) && !job.spec?.suspend;
  const message = isRunning
    ? "spec.paused is true; running workers continue until no sentence is pending"
    : "spec.paused is true";
  return { action: nothing, verdict: { status: "False", reason: reasons.Paused, message } };
}

function whileRunning(situation: Situation, job: Job): Enrichment {
  const { spec, observed } = situation;
  const hold = holdOf(situation);
  if (hold && hold !== undecided) {
    return {
      ...refused(hold),
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
    return { ...refused(problem), action };
  }
  const workers = `${count}/${spec.parallelism} workers are running`;
  return { action, verdict: { status: "True", reason: reasons.Running, message: workers } };
}

function whileSuspended(situation: Situation, job: Job): Enrichment {
  const { spec } = situation;
  const hold = holdOf(situation) ?? haste(situation);
  if (hold === undecided) return { action: nothing };
  if (hold) return refused(hold);
  return {
    ...refused(starting),
    action: { kind: "change", change: changedJob(job, working(spec)) },
  };
}

/** There is no Job, or none of which anything is to be expected. */
function whileAbsent(situation: Situation): Enrichment {
  const { observed } = situation;
  const failed = failedJob(situation);
  const pause = failed ? pauseAfter(failed, situation.now) : 0;
  const told = failed && failure(observed, failed);
  const open = obstacle(situation);
  if (told && pause > 0) return { ...refused(told), again: pause };
  if (open === undecided) return told ? refused(told) : { action: nothing };
  if (open) return { ...refused(told ?? open), ...again(situation, open) };
  return { ...refused(told ?? starting), action: beginning(situation, failed) };
}

/** Why no Job begins. */
function obstacle(situation: Situation): Problem | undefined {
  return (
    situation.observed.annotator?.problem ??
    databaseTrouble(situation) ??
    nothingPending(situation) ??
    holdOf(situation) ??
    haste(situation) ??
    gathering(situation)
  );
}

function beginning(situation: Situation, failed: Job | undefined): JobAction {
  const { model, observed, spec, means } = situation;
  const old = observed.enrichmentJob;
  const attempt = failed ? attemptAfter(failed) : 1;
  const job = enrichmentJob(model, spec, { ...means, attempt });
  return old ? { kind: "replace", old, job } : { kind: "create", job };
}

/** Nothing has been found out yet. */
const undecided: Problem = { reason: reasons.NoAnswer, message: "" };

/** Why no worker may be at work at this moment. */
function holdOf({ model, spec, observed, isMeasuring }: Situation): Problem | undefined {
  const { traffic } = observed;
  if (isMeasuring) {
    return { reason: reasons.Measuring, message: "workers wait for the benchmark to finish" };
  }
  if (!traffic) return undecided;
  if (traffic.state === "Busy") {
    const message = `more than ${limitOf(spec)}; workers wait until traffic has stayed at or below that for ${spec.idle.for}`;
    return { reason: reasons.Busy, message };
  }
  if (traffic.state === "Quiet") return undefined;
  const logs = `kubectl logs ${traffic.pod} -n ${model.metadata.namespace}`;
  const message = `pod ${traffic.pod} does not report its request count; treated as busy; to see why, run: ${logs}`;
  return { reason: reasons.TrafficUnknown, message };
}

function limitOf({ idle: { maxRequestsPerSecond: most } }: EnrichmentSpec): string {
  return `${most} ${most === 1 ? "request" : "requests"} per second`;
}

/** It has been quiet, but not for long enough. */
function haste({ spec, observed: { traffic } }: Situation): Problem | undefined {
  if (traffic?.state !== "Quiet" || traffic.milliseconds >= milliseconds(spec.idle.for)) {
    return undefined;
  }
  const message = `workers wait until traffic has stayed at or below ${limitOf(spec)} for ${spec.idle.for}`;
  return { reason: reasons.QuietTime, message };
}

function nothingPending({ model, observed, digest }: Situation): Problem | undefined {
  if (isPending(model, observed, digest)) return undefined;
  if (pendingOf(model, observed, digest) === undefined) {
    const message = "no server pod reports how many sentences are pending";
    return observed.capture ? { reason: reasons.NoAnswer, message } : undecided;
  }
  return { reason: reasons.NothingPending, message: "every captured sentence has a label" };
}

/** The servers' word for it; without any the workers see for themselves. */
function databaseTrouble({ observed: { capture } }: Situation): Problem | undefined {
  if (!capture || ["Connected", "Off", "NoAnswer"].includes(capture.state)) return undefined;
  const { state, message = "the servers are not connected to the database" } = capture;
  return { reason: state, message: `${message}; see condition Capturing` };
}

/** A Job for a few sentences is worth it once in a while. */
function gathering(situation: Situation): Problem | undefined {
  const { model, spec, observed, digest } = situation;
  const left = untilNext(situation);
  if (left === 0 || (pendingOf(model, observed, digest) ?? 0) >= spec.batchSize) return undefined;
  const message = `fewer sentences are pending than spec.enrichment.batchSize; workers start ${spec.idle.for} after the previous Job finished`;
  return { reason: reasons.QuietTime, message };
}

/** Milliseconds until a Job may follow the last one for less than a batch. */
function untilNext({ spec, observed, isCurrent, now }: Situation): number {
  const end = isCurrent ? endOf(observed.enrichmentJob, "Complete") : undefined;
  if (end === undefined) return 0;
  return Math.max(0, end + milliseconds(spec.idle.for) - now.getTime());
}

/** When to look again, where only time has to pass. */
function again(situation: Situation, { reason }: Problem): Pick<Enrichment, "again"> {
  const left = untilNext(situation);
  return reason === reasons.QuietTime && left > 0 ? { again: left } : {};
}

/** The Job has failed, and another one would be the same. */
function failedJob({ observed, isCurrent }: Situation): Job | undefined {
  const job = observed.enrichmentJob;
  return isCurrent && endOf(job, "Failed") !== undefined ? job : undefined;
}

function isGoing(job: Job | undefined): boolean {
  return job?.metadata?.deletionTimestamp !== undefined;
}

function working({ parallelism }: EnrichmentSpec): JobChange["spec"] {
  return { suspend: false, parallelism };
}

function suspended({ parallelism }: EnrichmentSpec): JobChange["spec"] {
  return { suspend: true, parallelism };
}

const starting: Problem = { reason: reasons.Starting, message: "workers are starting" };

function refused(problem: Problem): Enrichment {
  return { action: nothing, verdict: { status: "False", ...problem } };
}

function waiting(message: string): Enrichment {
  return refused({ reason: reasons.Waiting, message });
}

function replacing(old: Job): Enrichment {
  const message = "the Job is being replaced because its pod template changed";
  return { ...waiting(message), action: { kind: "remove", old } };
}
