import type { Figures, Finding, ModelDeployment } from "./api.ts";
import { benchmarkPod, isFinished, judge } from "./measurement.ts";
import { available, isServer, nameOf, revisionOf, type Job, type Observed } from "./observed.ts";
import {
  benchmarkJob,
  benchmarkJobName,
  scenario,
  scenarioHash,
} from "./resources/benchmark-job.ts";
import type { Images } from "./resources/deployment.ts";
import type { Rollout } from "./rollout.ts";

/** Where the measurement of the serving revision stands. */
export type Benchmark =
  | { state: "unwanted" }
  /** It begins when the serving revision is what the spec asks for, and has all its pods. */
  | { state: "waiting" }
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
export function benchmark({ model, observed, rollout, wanted, images }: BenchmarkInput): Benchmark {
  const spec = model.spec.benchmark;
  const revision = rollout.serving;
  if (!spec) return { state: "unwanted" };
  if (revision === undefined) return { state: "waiting" };
  const name = benchmarkJobName(model, spec, revision);
  const known = currentFigures(model, revision);
  if (known) return { state: "measured", job: name, figures: known };

  const serving = model.status?.serving;
  const since = serving?.revision === revision ? serving.since : undefined;
  const job = observed.jobs.find((job) => nameOf(job) === name);
  if (job && !isFinished(job)) return { state: "running", job: name };
  if (job) {
    const run = {
      job,
      pod: benchmarkPod(job, observed.pods),
      plan: scenario(spec),
      revision,
      since,
    };
    const verdict = judge({ ...run, scenarioHash: scenarioHash(spec) });
    if ("invalid" in verdict) return { state: "invalid", job: name, finding: verdict.invalid };
    return { state: "measured", job: name, figures: verdict.figures };
  }

  if (since === undefined || !isSettled(observed, rollout, wanted)) return { state: "waiting" };
  const subject = { revision, since, replicas: available(observed, revision) };
  return { state: "starting", job: name, object: benchmarkJob(model, spec, subject, images) };
}

/** All pods are there, and none of another revision is left that could still answer. */
function isSettled(observed: Observed, { serving, desired }: Rollout, wanted: number): boolean {
  if (serving === undefined || serving !== desired) return false;
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
