import type { Measurement, Plan } from "../../../benchmarks/contract.ts";
import {
  type CapacityStatus,
  type BenchmarkResult,
  type ModelDeployment,
  type HistoryEntry,
} from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { benchmarkResult, capacityResult } from "./results.ts";
import { judge } from "./verdict.ts";
import { benchmarkPod, isFinished } from "../state/jobs.ts";
import { deploymentOf, podsOf, restartsOf, type Observed } from "../state/observed.ts";
import { nameOf, type Job, type Pod } from "../kube/objects.ts";
import {
  benchmarkJob,
  benchmarkJobName,
  runOf,
  planOf,
  type Run,
} from "../resources/benchmark-job.ts";
import { minReplicas } from "../resources/replicas.ts";
import type { Images } from "../resources/deployment.ts";
import { reportName } from "../resources/report.ts";

/** A run that is not over: it waits for its turn, begins with this plan, or is under way. */
export type BenchmarkRun = QueuedRun | StartingRun | RunningRun;

/** A run that waits for its turn. */
export interface QueuedRun {
  state: "queued";
  behind: Blocker;
}

/** What a run would disturb, or be disturbed by. */
export type Blocker =
  /** As many other models are being measured as may be at once. */
  | { kind: "otherModels"; count: number }
  /** A load generator of the same model may still send requests. */
  | { kind: "ownGenerator" }
  /** Workers of the model's enrichment still use the CPU. */
  | { kind: "enrichmentWorkers" };

/** Whether the run needs all CPU for itself: it is under way, or next once others have left. */
export function needsExclusivePods(run: BenchmarkRun): boolean {
  return run.state !== "queued" || run.behind.kind !== "otherModels";
}

/** A run that begins with this Job. */
export interface StartingRun {
  state: "starting";
  job: string;
  run: Run;
  object: Job;
}

/** A run whose Job is there and not finished. */
export interface RunningRun {
  state: "running";
  job: string;
  run: Run;
}

/** A run that is over. */
export interface EndedRun {
  state: "ended";
  job: string;
  completed: CompletedRun;
}

/** What is known of a run that is over. */
export interface CompletedRun {
  /** Its line in status.history; a run that was broken off has no end of its own. */
  entry: Omit<HistoryEntry, "finishedAt"> & Partial<Pick<HistoryEntry, "finishedAt">>;
  /** Absent where the run was not valid. */
  figures?: BenchmarkResult | undefined;
  /** What one pod can take, where that was looked for and found. */
  capacity?: CapacityStatus | undefined;
  /** What k6 left, valid or not. */
  measurement?: Measurement | undefined;
  /** What k6 was told; absent where the run was broken off, of which there is nothing to report. */
  plan?: Plan;
}

/** What a run is decided on. */
export interface RunInput {
  model: ModelDeployment;
  observed: Observed;
  images: Images;
  now: Date;
}

/** What identifies a run, also before it has begun. */
export type RunIdentity = Pick<Run, "subject" | "revision" | "trigger" | "since" | "due">;

/** Where a run stands, by the Job that there is or should be. */
export function runState(
  input: RunInput,
  identity: RunIdentity,
): StartingRun | RunningRun | EndedRun {
  const job = benchmarkJobName(input.model, identity);
  const object = input.observed.jobs.find((one) => nameOf(one) === job);
  if (!object) return starting(input, identity);
  const run = runOf(object) ?? starting(input, identity).run;
  return stateOfJob(input, { job: object, run }, identity);
}

function starting(input: RunInput, identity: RunIdentity): StartingRun {
  const { model, observed, images } = input;
  const { benchmark } = model.spec;
  if (!benchmark) throw new Error("spec.benchmark is not set");
  const run = { ...identity, ...runConditions(input, identity) };
  const addresses = podsOf(observed, run.revision).flatMap(({ status }) => status?.podIP ?? []);
  const object = benchmarkJob(model, benchmark, run, { images, addresses });
  return { state: "starting", job: nameOf(object), run, object };
}

/** How things are at the beginning of a run. */
function runConditions(
  { model, observed, now }: RunInput,
  { revision }: RunIdentity,
): Pick<Run, "scenario" | "begunAt" | "pods"> {
  const pods = podsOf(observed, revision).map((pod) => [nameOf(pod), restartsOf(pod)]);
  return {
    scenario: model.spec.benchmark?.scenario ?? "Users",
    begunAt: now.toISOString(),
    pods: Object.fromEntries(pods),
  };
}

/** What a run should measure; a run of anything else has lost its target. */
export type Target = Pick<Run, "subject" | "revision" | "since">;

/** A run and the Job that it is. */
export interface JobOfRun {
  job: Job;
  run: Run;
}

/**
 * Where the run of a Job stands.
 *
 * @param target undefined where there is nothing to measure any more
 */
export function stateOfJob(
  input: RunInput,
  of: JobOfRun,
  target: Target | undefined,
): RunningRun | EndedRun {
  const { job, run } = of;
  const invalid = target ? invalidation(input, of, target) : targetChanged;
  if (!invalid && !isFinished(job)) return { state: "running", job: nameOf(job), run };
  return { state: "ended", job: nameOf(job), completed: completed(input, of, invalid) };
}

const targetChanged: Problem = {
  reason: reasons.RevisionChanged,
  message: "the serving revision or spec.benchmark changed during the measurement",
};

/** What happened to the target of a run, so that no result is true of it. */
function invalidation(
  { model, observed }: RunInput,
  { job, run }: JobOfRun,
  target: Target,
): Problem | undefined {
  if (run.revision !== target.revision || run.since !== target.since) return targetChanged;
  const pods = podsOf(observed, run.revision);
  const replicas = deploymentOf(observed, run.revision)?.spec?.replicas ?? pods.length;
  const asked = model.spec.autoscaling ? replicas : minReplicas(model);
  const before = Object.keys(run.pods).length;
  if (run.subject !== target.subject) {
    return asked === before ? targetChanged : scaled(before, asked);
  }
  if (isFinished(job)) return podAdded(pods, job, run);
  return replicas === before ? podReplaced(pods, run) : scaled(before, replicas);
}

function scaled(before: number, after: number): Problem {
  const message = `the number of pods changed from ${before} to ${after} in between`;
  return { reason: reasons.ReplicasChanged, message };
}

/**
 * The pods are not those of the beginning any more. Once k6 has ended that says nothing, and what
 * k6 itself saw of them counts.
 */
function podReplaced(pods: Pod[], run: Run): Problem | undefined {
  const lost = Object.keys(run.pods).find((name) => !pods.some((pod) => nameOf(pod) === name));
  const other = pods.find((pod) => run.pods[nameOf(pod)] !== restartsOf(pod));
  if (lost === undefined && !other) return undefined;
  const what = lost === undefined ? `${nameOf(other ?? {})} was started` : `${lost} disappeared`;
  return { reason: reasons.PodRestarted, message: `pod ${what} during the measurement` };
}

/** A pod came while k6 ran, which k6 cannot know. */
function podAdded(pods: Pod[], { status }: Job, run: Run): Problem | undefined {
  const end = Date.parse(String(status?.completionTime));
  const other = pods.find(({ metadata }) => {
    const isNew = run.pods[metadata?.name ?? ""] === undefined;
    return isNew && Date.parse(String(metadata?.creationTimestamp)) < end;
  });
  if (!other) return undefined;
  const message = `pod ${nameOf(other)} was added during the measurement`;
  return { reason: reasons.ReplicasChanged, message };
}

function completed(
  { model, observed }: RunInput,
  { job, run }: JobOfRun,
  invalid: Problem | undefined,
): CompletedRun {
  const entry = entryOf(job, run);
  if (invalid || !model.spec.benchmark) {
    return { entry: { ...entry, ...failure(invalid ?? targetChanged) } };
  }
  const plan = planOf(job);
  if (!plan) return { entry: { ...entry, ...failure(planMissing) } };
  const verdict = judge({ job, pod: benchmarkPod(job, observed.pods), plan });
  const { measurement } = verdict;
  const report = reportName(nameOf(job));
  if ("invalid" in verdict) {
    return { entry: { ...entry, report, ...failure(verdict.invalid) }, measurement, plan };
  }
  const figures = { ...benchmarkResult(model, observed, run, verdict.measurement), report };
  return {
    entry: { ...entry, ...outcomeOf(figures), report },
    figures,
    capacity: capacityResult(run, verdict.measurement),
    measurement,
    plan,
  };
}

/** Without the plan it cannot be said whether the rate was reached. */
const planMissing: Problem = {
  reason: reasons.UnreadableMeasurement,
  message: "the Job has no valid plan in the environment variable PLAN of its container k6",
};

/** What status.history has of a valid run. */
function outcomeOf(
  figures: BenchmarkResult,
): Pick<HistoryEntry, "outcome"> & Partial<HistoryEntry> {
  const { p50, p95, p99, rps, requests, errors, finishedAt } = figures;
  const outcome = { outcome: "Valid", p50, p95, p99, rps, requests, errors };
  return { ...outcome, ...(finishedAt && { finishedAt }) };
}

/** What is known of a run before its result is. */
function entryOf(
  job: Job,
  run: Run,
): Omit<HistoryEntry, "outcome" | "finishedAt"> & Partial<HistoryEntry> {
  const { subject, revision, trigger, scenario, begunAt } = run;
  const { completionTime } = job.status ?? {};
  return {
    job: nameOf(job),
    revision,
    subject,
    trigger,
    scenario,
    startedAt: begunAt,
    ...(completionTime && { finishedAt: completionTime }),
  };
}

function failure({ reason, message }: Problem): Pick<HistoryEntry, "outcome" | "message"> {
  return { outcome: reason, message };
}
