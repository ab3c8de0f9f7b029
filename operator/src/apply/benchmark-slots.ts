import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import { isFinished } from "../state/jobs.ts";
import { nameOf, type Job } from "../kube/objects.ts";
import { modelLabel } from "../resources/metadata.ts";
import { runOf } from "../resources/benchmark-job.ts";

/** Milliseconds in which the watch shows a Job that was created; one that never shows is gone. */
const unknownFor = 60_000;

/**
 * Counts the ModelDeployments that are being measured, because benchmarks disturb each other. A
 * pass that finds a free slot takes it before anything else can run, as passes over other models
 * are under way at the same time.
 */
export class BenchmarkSlots {
  readonly #jobs: () => Job[];
  readonly #now: () => number;
  /** Jobs that this process is creating and the watch may not show yet, by namespace and name. */
  readonly #taken = new Map<string, { model: string; at: number }>();

  /**
   * @param jobs all Jobs that are known
   * @param now milliseconds of any clock that is never set back
   */
  constructor(jobs: () => Job[], now: () => number = () => performance.now()) {
    this.#jobs = jobs;
    this.#now = now;
  }

  /** How many other ModelDeployments are being measured. */
  others(model: ModelDeployment): number {
    const jobs = this.#jobs();
    if (this.#taken.size > 0) this.#releaseShown(jobs);
    // Of thousands of Jobs a few are not over.
    const open = jobs.filter((job) => !isFinished(job) && runOf(job));
    const models = new Set(open.map(modelOf));
    for (const taken of this.#taken.values()) models.add(taken.model);
    models.delete(keyOf(model));
    return models.size;
  }

  /** Takes a slot for a Job that is about to be created. */
  take(model: ModelDeployment, job: Job): void {
    this.#taken.set(id(job), { model: keyOf(model), at: this.#now() });
  }

  /** Gives the slot of a Job back that was not created. */
  release(job: Job): void {
    this.#taken.delete(id(job));
  }

  #releaseShown(jobs: Job[]): void {
    for (const job of jobs) this.#taken.delete(id(job));
    for (const [job, { at }] of this.#taken) {
      if (this.#now() - at > unknownFor) this.#taken.delete(job);
    }
  }
}

function id(job: Job): string {
  return `${job.metadata?.namespace}/${nameOf(job)}`;
}

function modelOf({ metadata }: Job): string {
  return `${metadata?.namespace}/${metadata?.labels?.[modelLabel]}`;
}
