import { type BenchmarkResult, type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { nextRun, latestEntry, openRequest } from "./triggers.ts";
import { isFinished, isUnderWay } from "../state/jobs.ts";
import {
  runState,
  stateOfJob,
  type BenchmarkRun,
  type Blocker,
  type CompletedRun,
  type JobOfRun,
  type RunIdentity,
  type RunInput,
  type Target,
} from "./run.ts";
import { available, isServer, podsOf, revisionOf } from "../state/observed.ts";
import { nameOf, type Job } from "../kube/objects.ts";
import { runOf, type Run } from "../resources/benchmark-job.ts";
import { currentResult, subjectOf } from "./subject.ts";
import { hasWorkers } from "../state/jobs.ts";

/** Where the benchmark of the serving revision stands. */
export interface Benchmark {
  /** What results of the serving revision hold for; undefined while there is nothing to measure. */
  subject?: string;
  /** The result that is true of it now. */
  figures?: BenchmarkResult | undefined;
  activity: Activity;
  /** A run that is over and not in the history yet. */
  completed?: CompletedRun;
  /** When a run was requested that has not begun. */
  requestedAt?: string | undefined;
}

/** Whether the serving revision is being measured, or is to be. */
export type Activity =
  /** spec.benchmark is not set. */
  | { state: "unwanted" }
  /** No run is due. */
  | { state: "idle" }
  /** A run is due and cannot begin. */
  | { state: "waiting"; problem: Problem }
  | { state: "measuring"; run: BenchmarkRun };

/** What a benchmark is decided on. */
export interface BenchmarkInput extends RunInput {
  /** The revision that receives traffic, and the one that is rolled out beside it. */
  rollout: { serving: string | undefined; candidate: string | undefined };
  /** How many pods the serving revision should have at least. */
  wanted: number;
  /** How many models may be measured at once. */
  benchmarkConcurrency: number;
}

/** Finished Jobs that are kept. */
const keptJobs = 3;

/** Decides whether to measure the serving revision, and which result is true of it now. */
export function decideBenchmark(input: BenchmarkInput): Benchmark {
  const { model, rollout } = input;
  const { benchmark: spec } = model.spec;
  const revision = rollout.serving;
  if (!spec) return { activity: { state: "unwanted" } };
  if (revision === undefined) return { activity: { state: "waiting", problem: notReady } };
  const key = subjectOf(model, spec, revision);
  const found = measured(input, { subject: key, revision });
  const begunAt = latestBegun(found) ?? latestEntry(model, key)?.startedAt;
  return { subject: key, ...found, requestedAt: openRequest(model, begunAt) };
}

function measured(input: BenchmarkInput, of: Pick<Target, "subject" | "revision">): Benchmark {
  const { model, now } = input;
  const { serving } = model.status ?? {};
  const since = serving?.revision === of.revision ? serving.since : undefined;
  const figures = currentResult(model, of.subject);
  const open = openRun(input);
  if (open) {
    const found = stateOfJob(input, open, since === undefined ? undefined : { ...of, since });
    if (found.state === "running") return { figures, activity: { state: "measuring", run: found } };
    return { ...withResults(found.completed, of.subject, figures), activity: { state: "idle" } };
  }
  if (since === undefined) return { figures, activity: untilServing(input) };
  const due = nextRun(model, { subject: of.subject, since, figures }, now);
  if (!due) return { figures, activity: { state: "idle" } };
  return { figures, activity: begin(input, { ...of, since, ...due }) };
}

/** A run of a serving revision that the history does not know yet. */
function openRun({ model, observed }: RunInput): JobOfRun | undefined {
  const history = model.status?.history ?? [];
  const open = observed.jobs.flatMap((job) => {
    const run = runOf(job);
    const isOpen = run && run.trigger !== "Gate" && !history.some((one) => one.job === nameOf(job));
    return isOpen ? [{ job, run }] : [];
  });
  return open[0];
}

/** A run that was not valid leaves no result, not even an earlier one. */
function withResults(
  completed: CompletedRun,
  subject: string,
  earlier: BenchmarkResult | undefined,
): Pick<Benchmark, "figures" | "completed"> {
  const isOfSubject = completed.entry.subject === subject;
  return { completed, figures: isOfSubject ? completed.figures : earlier };
}

function latestBegun({ activity, completed }: Benchmark): string | undefined {
  return begunRun(activity)?.begunAt ?? completed?.entry.startedAt;
}

/** The run that begins or is under way. */
function begunRun(activity: Activity): Run | undefined {
  if (activity.state !== "measuring" || activity.run.state === "queued") return undefined;
  return activity.run.run;
}

/** The status does not say yet since when the revision serves; workers may leave meanwhile. */
function untilServing(input: BenchmarkInput): Activity {
  const problem = obstacle(input);
  if (problem || !hasWorkers(input.observed))
    return { state: "waiting", problem: problem ?? notReady };
  return queued({ kind: "enrichmentWorkers" });
}

function begin(input: BenchmarkInput, identity: RunIdentity): Activity {
  const problem = obstacle(input);
  if (problem) return { state: "waiting", problem };
  const behind = blocker(input);
  if (behind) return queued(behind);
  const found = runState(input, identity);
  // A Job that is there and in the history: its run is over.
  return found.state === "ended" ? { state: "idle" } : { state: "measuring", run: found };
}

function queued(behind: Blocker): Activity {
  return { state: "measuring", run: { state: "queued", behind } };
}

const notReady: Problem = {
  reason: reasons.Waiting,
  message: "waiting for all replicas of one revision to be ready",
};

/** Why the serving revision cannot be measured at the moment. */
function obstacle({ model, observed, rollout, wanted }: BenchmarkInput): Problem | undefined {
  if (model.spec.paused) {
    return {
      reason: reasons.Paused,
      message: "spec.paused is true; no benchmark starts until it is false",
    };
  }
  if (wanted === 0) {
    return {
      reason: reasons.ScaledToZero,
      message: "scaled to 0 replicas; there is no pod to measure",
    };
  }
  const { serving, candidate } = rollout;
  if (serving === undefined || candidate !== undefined) return notReady;
  const replicas = available(observed, serving);
  const others = observed.pods.some((pod) => isServer(pod) && revisionOf(pod) !== serving);
  const isMoving = podsOf(observed, serving).length !== replicas;
  const isWhole = replicas > 0 && replicas >= wanted && !others && !isMoving;
  return isWhole && !isUnderWay(observed) ? undefined : notReady;
}

/** Workers come first: they are to leave while the run is still behind other models. */
function blocker({ observed, benchmarkConcurrency }: BenchmarkInput): Blocker | undefined {
  if (hasWorkers(observed)) return { kind: "enrichmentWorkers" };
  const count = observed.othersMeasured;
  return count >= benchmarkConcurrency ? { kind: "otherModels", count } : undefined;
}

/** How many pods there were when a search for their capacity began, as long as it goes on. */
export function heldReplicas({ activity }: Benchmark): number | undefined {
  const run = begunRun(activity);
  return run?.scenario === "Capacity" ? Object.keys(run.pods).length : undefined;
}

/**
 * Jobs that are no longer needed: those that measure what is no longer wanted, and finished ones but
 * for the last few, whose logs may be of interest.
 *
 * @param gateJob the one that measures a candidate
 */
export function obsoleteJobs(
  { spec, status }: ModelDeployment,
  jobs: Job[],
  gateJob: string | undefined,
): Job[] {
  if (!spec.benchmark) return jobs;
  const past = status?.history?.map(({ job }) => job) ?? [];
  return jobs.filter((job) => {
    const name = nameOf(job);
    if (past.includes(name)) return !isFinished(job) || past.indexOf(name) >= keptJobs;
    const run = runOf(job);
    return run?.trigger === "Gate" ? name !== gateJob : run === undefined;
  });
}
