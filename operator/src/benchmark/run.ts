import type { Measurement, Plan } from "../../../benchmarks/contract.ts";
import {
  type CapacityStatus,
  type BenchmarkResult,
  type ModelDeployment,
  type HistoryEntry,
} from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { capacityStatus, figures } from "./results.ts";
import { judge } from "./verdict.ts";
import { benchmarkPod, isFinished } from "../state/jobs.ts";
import { deploymentOf, podsOf, restartsOf, type Observed } from "../state/observed.ts";
import { nameOf, type Job, type Pod } from "../kube/objects.ts";
import {
  benchmarkJob,
  benchmarkJobName,
  runOf,
  scenario,
  type Run,
} from "../resources/benchmark-job.ts";
import { minReplicas } from "../resources/replicas.ts";
import type { Images } from "../resources/deployment.ts";
import { reportName } from "../resources/report.ts";

/** Where one run stands. */
export type Measuring = Starting | Underway | { state: "ended"; job: string; ended: CompletedRun };

/** A run that begins with this Job. */
export interface Starting {
  state: "starting";
  job: string;
  run: Run;
  object: Job;
}

/** A run that is not over. */
export interface Underway {
  state: "running";
  job: string;
  run: Run;
}

/** A run that is over. */
export interface CompletedRun {
  /** How the history remembers it; a run that was broken off has no end of its own. */
  past: Omit<HistoryEntry, "finishedAt"> & Partial<Pick<HistoryEntry, "finishedAt">>;
  /** Absent where the run was not valid. */
  figures?: BenchmarkResult | undefined;
  /** What one pod can take, where that was looked for and found. */
  capacity?: CapacityStatus | undefined;
  /** What k6 left, valid or not. */
  measurement?: Measurement | undefined;
  /** What k6 was told; absent where the run was broken off, of which there is nothing to report. */
  plan?: Pick<Plan, "duration" | "warmUp" | "load">;
}

/** What to look at. */
export interface MeasuringInput {
  model: ModelDeployment;
  observed: Observed;
  images: Images;
  now: Date;
}

/** A measurement that may not have begun. */
export type Intent = Pick<Run, "subject" | "revision" | "trigger" | "since" | "due">;

/** Where a run stands, by the Job that there is or should be. */
export function measuring(input: MeasuringInput, intent: Intent): Measuring {
  const job = benchmarkJobName(input.model, intent);
  const object = input.observed.jobs.find((one) => nameOf(one) === job);
  if (!object) return starting(input, intent);
  return existing(input, object, runOf(object) ?? starting(input, intent).run, intent);
}

function starting(input: MeasuringInput, intent: Intent): Starting {
  const { model, observed, images } = input;
  const { benchmark } = model.spec;
  if (!benchmark) throw new Error("Nothing is measured without spec.benchmark");
  const run = { ...intent, ...runConditions(input, intent) };
  const addresses = podsOf(observed, run.revision).flatMap(({ status }) => status?.podIP ?? []);
  const object = benchmarkJob(model, benchmark, run, { images, addresses });
  return { state: "starting", job: nameOf(object), run, object };
}

/** How things are at the beginning of a run. */
function runConditions(
  { model, observed, now }: MeasuringInput,
  { revision }: Intent,
): Pick<Run, "scenario" | "begunAt" | "pods"> {
  const pods = podsOf(observed, revision).map((pod) => [nameOf(pod), restartsOf(pod)]);
  return {
    scenario: model.spec.benchmark?.scenario ?? "Users",
    begunAt: now.toISOString(),
    pods: Object.fromEntries(pods),
  };
}

/** What a run should measure; anything else, and what it measures is gone. */
export type Wanted = Pick<Run, "subject" | "revision" | "since">;

/** Where the run of a Job stands. */
export function existing(
  input: MeasuringInput,
  job: Job,
  run: Run,
  wanted: Wanted | undefined,
): Underway | { state: "ended"; job: string; ended: CompletedRun } {
  const moved = wanted ? disturbance(input, job, run, wanted) : gone;
  if (!moved && !isFinished(job)) return { state: "running", job: nameOf(job), run };
  return { state: "ended", job: nameOf(job), ended: ended(input, job, run, moved) };
}

const gone: Problem = {
  reason: reasons.RevisionChanged,
  message: "what serves, or how it is measured, changed in between",
};

/** What happened to the subject of a run, so that no figure is true of it. */
function disturbance(
  { model, observed }: MeasuringInput,
  job: Job,
  run: Run,
  wanted: Wanted,
): Problem | undefined {
  if (run.revision !== wanted.revision || run.since !== wanted.since) return gone;
  const pods = podsOf(observed, run.revision);
  const replicas = deploymentOf(observed, run.revision)?.spec?.replicas ?? pods.length;
  const asked = model.spec.autoscaling ? replicas : minReplicas(model);
  const before = Object.keys(run.pods).length;
  if (run.subject !== wanted.subject) return asked === before ? gone : scaled(before, asked);
  if (isFinished(job)) return joined(pods, job, run);
  return replicas === before ? moved(pods, run) : scaled(before, replicas);
}

function scaled(before: number, after: number): Problem {
  const message = `the number of pods was changed from ${before} to ${after} in between`;
  return { reason: reasons.ReplicasChanged, message };
}

/**
 * The pods are not those of the beginning any more. Once k6 has ended that says nothing, and what
 * k6 itself saw of them counts.
 */
function moved(pods: Pod[], run: Run): Problem | undefined {
  const lost = Object.keys(run.pods).find((name) => !pods.some((pod) => nameOf(pod) === name));
  const other = pods.find((pod) => run.pods[nameOf(pod)] !== restartsOf(pod));
  if (lost === undefined && !other) return undefined;
  const what = lost === undefined ? `${nameOf(other ?? {})} was started` : `${lost} went away`;
  return { reason: reasons.PodRestarted, message: `pod ${what} in between` };
}

/** A pod came while k6 ran, which k6 cannot know. */
function joined(pods: Pod[], { status }: Job, run: Run): Problem | undefined {
  const end = Date.parse(String(status?.completionTime));
  const other = pods.find(({ metadata }) => {
    const isNew = run.pods[metadata?.name ?? ""] === undefined;
    return isNew && Date.parse(String(metadata?.creationTimestamp)) < end;
  });
  if (!other) return undefined;
  const message = `pod ${nameOf(other)} was added in between`;
  return { reason: reasons.ReplicasChanged, message };
}

function ended(
  { model, observed }: MeasuringInput,
  job: Job,
  run: Run,
  moved: Problem | undefined,
): CompletedRun {
  const { benchmark } = model.spec;
  const past = beginning(job, run);
  if (moved || !benchmark) return { past: { ...past, ...failure(moved ?? gone) } };
  const pod = benchmarkPod(job, observed.pods);
  const plan = scenario(model, benchmark, Object.keys(run.pods).length);
  const report = reportName(nameOf(job));
  const verdict = judge({ job, pod, plan });
  if ("invalid" in verdict) {
    const { invalid, measurement } = verdict;
    return { past: { ...past, report, ...failure(invalid) }, measurement, plan };
  }
  const { measurement } = verdict;
  const found = { ...figures(model, observed, run, measurement), report };
  const { p50, p95, p99, rps, requests, errors, finishedAt } = found;
  const capacity = capacityStatus(run, measurement);
  const outcome = { outcome: "Valid", p50, p95, p99, rps, requests, errors };
  return {
    past: { ...past, ...outcome, report, ...(finishedAt && { finishedAt }) },
    figures: found,
    capacity,
    measurement,
    plan,
  };
}

/** What is known of a run before its result is. */
function beginning(
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
