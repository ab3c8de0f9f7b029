import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import { isFinished } from "../state/jobs.ts";
import { nameOf, type Job } from "../kube/objects.ts";
import { modelLabel } from "../resources/metadata.ts";
import { runOf } from "../resources/benchmark-job.ts";

/** Counts the benchmarks that disturb each other; passes over two models can run at once. */
export interface BenchmarkSlots {
  /** How many other ModelDeployments are being measured. */
  others(model: ModelDeployment): number;
  /** Takes a slot for a Job that is about to be made; false when there is none. */
  take(model: ModelDeployment, job: Job): boolean;
  /** Gives it back, because the Job was not made. */
  release(job: Job): void;
}

/** Milliseconds in which the watch tells of a Job that was made; one that never shows is gone. */
const unknownFor = 60_000;

/**
 * @param jobs all Jobs that are known
 * @param limit how many ModelDeployments may be measured at once
 * @param now milliseconds of any clock that is never set back
 */
export function createBenchmarkSlots(
  jobs: () => Job[],
  limit: number,
  now: () => number = () => performance.now(),
): BenchmarkSlots {
  /** Made by this process and perhaps not known yet, by namespace and name. */
  const made = new Map<string, { owner: string; at: number }>();

  function others(model: ModelDeployment): number {
    const known = jobs();
    if (made.size > 0) forgetKnown(known);
    // Of thousands of Jobs a few are not over.
    const open = known.filter((job) => !isFinished(job) && runOf(job));
    const owners = new Set(open.map(owner));
    for (const { owner } of made.values()) owners.add(owner);
    owners.delete(keyOf(model));
    return owners.size;
  }

  function forgetKnown(known: Job[]): void {
    for (const job of known) made.delete(id(job));
    for (const [job, { at }] of made) if (now() - at > unknownFor) made.delete(job);
  }

  return {
    others,
    take(model, job) {
      if (others(model) >= limit) return false;
      made.set(id(job), { owner: keyOf(model), at: now() });
      return true;
    },
    release: (job) => void made.delete(id(job)),
  };
}

function id(job: Job): string {
  return `${job.metadata?.namespace}/${nameOf(job)}`;
}

function owner({ metadata }: Job): string {
  return `${metadata?.namespace}/${metadata?.labels?.[modelLabel]}`;
}
