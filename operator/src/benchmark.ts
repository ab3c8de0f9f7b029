import type { Figures, Finding, ModelDeployment } from "./api.ts";
import { benchmarkPod, isFinished, judge } from "./measurement.ts";
import { available, isServer, nameOf, revisionOf, type Job, type Observed } from "./observed.ts";
import {
  benchmarkJob,
  benchmarkJobName,
  scenario,
  scenarioHash,
  type Subject,
} from "./resources/benchmark-job.ts";
import type { Images } from "./resources/deployment.ts";
import type { Rollout } from "./rollout.ts";

/** Where the measurement of the serving revision stands. */
export type Benchmark =
  | { state: "unwanted" }
  /** It begins when the serving revision is what the spec asks for, and has all its pods. */
  | { state: "waiting" }
  | Measuring;

/** Where one measurement stands. */
export type Measuring =
  | { state: "starting"; job: string; object: Job }
  | { state: "running"; job: string }
  | { state: "measured"; job: string; figures: Figures }
  | { state: "invalid"; job: string; finding: Finding };

/** What to look at; wanted is how many pods the serving revision should have at least. */
export interface BenchmarkInput {
  model: ModelDeployment;
  observed: Observed;
  rollout: Rollout;
  wanted: number;
  images: Images;
}

/** Decides whether to measure, and whether there is a figure that is true now. */
export function benchmark(input: BenchmarkInput): Benchmark {
  const { model, observed, rollout, images } = input;
  const revision = rollout.serving;
  if (!model.spec.benchmark) return { state: "unwanted" };
  if (revision === undefined) return { state: "waiting" };
  const serving = model.status?.serving;
  const since = serving?.revision === revision ? serving.since : undefined;
  const subject = { revision, since, replicas: available(observed, revision), isCandidate: false };
  const known = currentFigures(model, revision);
  if (known) {
    return {
      state: "measured",
      job: benchmarkJobName(model, model.spec.benchmark, subject),
      figures: known,
    };
  }
  const found = measuring({ model, observed, subject, images });
  const isEarly = found.state === "starting" && (since === undefined || !isSettled(input));
  return isEarly ? { state: "waiting" } : found;
}

/** Where the measurement of a revision stands, by the Job that there is or should be. */
export function measuring({
  model,
  observed,
  subject,
  images,
}: Pick<BenchmarkInput, "model" | "observed" | "images"> & { subject: Subject }): Measuring {
  const spec = model.spec.benchmark;
  if (!spec) throw new Error("Nothing is measured without spec.benchmark");
  const { revision, since } = subject;
  const name = benchmarkJobName(model, spec, subject);
  const job = observed.jobs.find((job) => nameOf(job) === name);
  if (!job) {
    return { state: "starting", job: name, object: benchmarkJob(model, spec, subject, images) };
  }
  if (!isFinished(job)) return { state: "running", job: name };
  const verdict = judge({
    job,
    pod: benchmarkPod(job, observed.pods),
    plan: scenario(spec),
    scenarioHash: scenarioHash(spec),
    revision,
    since,
  });
  return "invalid" in verdict
    ? { state: "invalid", job: name, finding: verdict.invalid }
    : { state: "measured", job: name, figures: verdict.figures };
}

/** All pods are there, and none of another revision is left that could still answer. */
function isSettled({ observed, rollout, wanted }: BenchmarkInput): boolean {
  const { serving, candidate } = rollout;
  if (serving === undefined || candidate !== undefined) return false;
  const replicas = available(observed, serving);
  const others = observed.pods.some((pod) => isServer(pod) && revisionOf(pod) !== serving);
  return replicas > 0 && replicas >= wanted && !others;
}

/** The figures in the status, when they are of this revision under this load. */
function currentFigures(model: ModelDeployment, revision: string): Figures | undefined {
  const { status, spec } = model;
  const figures = status?.benchmark;
  if (!figures || !spec.benchmark || figures.revision !== revision) return undefined;
  return figures.scenarioHash === scenarioHash(spec.benchmark) ? figures : undefined;
}
