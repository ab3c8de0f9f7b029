import { type BenchmarkResult, type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { nextRun, latestEntry, openRequest } from "./triggers.ts";
import { isFinished, isUnderWay } from "../state/jobs.ts";
import {
  existing,
  measuring,
  type CompletedRun,
  type Intent,
  type MeasuringInput,
  type Starting,
  type Underway,
} from "./run.ts";
import { available, isServer, podsOf, revisionOf } from "../state/observed.ts";
import { nameOf, type Job } from "../kube/objects.ts";
import { runOf, type Run } from "../resources/benchmark-job.ts";
import { currentResult, subject } from "./subject.ts";
import { hasWorkers } from "../state/jobs.ts";

/** Where the measurement of what serves stands. */
export interface Benchmark {
  /** What the figures of what serves hold for; undefined while there is nothing to measure. */
  subject?: string;
  /** The figures that are true now. */
  figures?: BenchmarkResult | undefined;
  activity: Activity;
  /** A run that is over and not in the history yet. */
  ended?: CompletedRun;
  /** When somebody asked for a measurement that has not begun. */
  requestedAt?: string | undefined;
}

/** What is being done about a measurement. */
export type Activity =
  | { state: "unwanted" }
  | { state: "idle" }
  /** One is owed and cannot begin. */
  | { state: "waiting"; problem: Problem }
  /** One is owed; others are being measured, and would be disturbed. */
  | { state: "queued"; others: number }
  | Starting
  | Underway;

/** What to look at. */
export interface BenchmarkInput extends MeasuringInput {
  /** The revision that receives traffic, and the one that is rolled out beside it. */
  rollout: { serving: string | undefined; candidate: string | undefined };
  /** How many pods the serving revision should have at least. */
  wanted: number;
  /** How many models may be measured at once. */
  benchmarkConcurrency: number;
}

/** Finished Jobs that are kept. */
const keptJobs = 3;

/** Decides whether to measure, and whether there is a figure that is true now. */
export function benchmark(input: BenchmarkInput): Benchmark {
  const { model, rollout } = input;
  const { benchmark } = model.spec;
  const revision = rollout.serving;
  if (!benchmark) return { activity: { state: "unwanted" } };
  if (revision === undefined) return { activity: { state: "waiting", problem: notReady } };
  const key = subject(model, benchmark, revision);
  const found = measured(input, { subject: key, revision });
  const begunAt = latestBegun(found) ?? latestEntry(model, key)?.startedAt;
  return { subject: key, ...found, requestedAt: openRequest(model, begunAt) };
}

function measured(
  input: BenchmarkInput,
  { subject, revision }: { subject: string; revision: string },
): Benchmark {
  const { model, now } = input;
  const { serving } = model.status ?? {};
  const since = serving?.revision === revision ? serving.since : undefined;
  const figures = currentResult(model, subject);
  const open = openRun(input);
  if (open) {
    const wanted = since === undefined ? undefined : { subject, revision, since };
    const found = existing(input, open.job, open.run, wanted);
    if (found.state === "running") return { figures, activity: found };
    return { ...concluded(found.ended, subject, figures), activity: { state: "idle" } };
  }
  if (since === undefined) {
    return { figures, activity: { state: "waiting", problem: obstacle(input) ?? notReady } };
  }
  const owed = nextRun(model, { subject, since, figures }, now);
  if (!owed) return { figures, activity: { state: "idle" } };
  return { figures, activity: begin(input, { subject, revision, since, ...owed }) };
}

/** A run of what served that the history does not know yet. */
function openRun({ model, observed }: MeasuringInput): { job: Job; run: Run } | undefined {
  const past = model.status?.history ?? [];
  const open = observed.jobs.flatMap((job) => {
    const run = runOf(job);
    const isOpen = run && run.trigger !== "Gate" && !past.some((one) => one.job === nameOf(job));
    return isOpen ? [{ job, run }] : [];
  });
  return open[0];
}

/** A run that was not valid leaves no figure, not even an earlier one. */
function concluded(
  ended: CompletedRun,
  subject: string,
  earlier: BenchmarkResult | undefined,
): Pick<Benchmark, "figures" | "ended"> {
  return { ended, figures: ended.past.subject === subject ? ended.figures : earlier };
}

function latestBegun({ activity, ended }: Benchmark): string | undefined {
  return "run" in activity ? activity.run.begunAt : ended?.past.startedAt;
}

function begin(input: BenchmarkInput, intent: Intent): Activity {
  const { observed, benchmarkConcurrency } = input;
  const problem = obstacle(input);
  if (problem) return { state: "waiting", problem };
  const others = observed.othersMeasured;
  if (others >= benchmarkConcurrency) return { state: "queued", others };
  const found = measuring(input, intent);
  // A Job that is there and in the history: its run is over.
  return found.state === "ended" ? { state: "idle" } : found;
}

const notReady: Problem = {
  reason: reasons.Waiting,
  message: "measured as soon as one revision serves with all its replicas",
};

/** Why nothing can be measured at the moment. */
function obstacle({ model, observed, rollout, wanted }: BenchmarkInput): Problem | undefined {
  if (model.spec.paused) {
    return { reason: reasons.Paused, message: "nothing is measured while spec.paused is true" };
  }
  if (wanted === 0) {
    return { reason: reasons.ScaledToZero, message: "there are no replicas to measure" };
  }
  const { serving, candidate } = rollout;
  if (serving === undefined || candidate !== undefined) return notReady;
  const replicas = available(observed, serving);
  const others = observed.pods.some((pod) => isServer(pod) && revisionOf(pod) !== serving);
  const isMoving = podsOf(observed, serving).length !== replicas;
  const isWhole = replicas > 0 && replicas >= wanted && !others && !isMoving;
  if (!isWhole || isUnderWay(observed)) return notReady;
  return hasWorkers(observed) ? workersLeave : undefined;
}

/** Workers of the enrichment would be measured too. */
const workersLeave: Problem = {
  reason: reasons.Waiting,
  message: "measured as soon as the workers of its enrichment have ended",
};

/** Whether nothing may disturb the model, because it is measured, or is next. */
export function needsExclusivePods({ activity }: Benchmark): boolean {
  if (activity.state === "waiting") return activity.problem === workersLeave;
  return activity.state === "starting" || activity.state === "running";
}

/** How many pods there were when a search for their capacity began, as long as it goes on. */
export function heldReplicas({ activity }: Benchmark): number | undefined {
  if (!("run" in activity) || activity.run.scenario !== "Capacity") return undefined;
  return Object.keys(activity.run.pods).length;
}

/**
 * Jobs that nobody needs any more: those that measure what is no longer wanted, and those that are
 * over, but for the last few, whose logs a person may want to see.
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
