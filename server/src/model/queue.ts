import type { Tensors } from "../tensors/tensors.ts";
import type { RunTimes } from "./run-times.ts";

/** What a request takes of a run. */
export interface Requirements {
  /** What has to be equal for a common run; undefined when it runs alone. */
  key: string | undefined;
  rows: number;
  /** Size of the inputs. */
  bytes: number;
}

/** A request that waits for its run. */
export interface Job extends Requirements {
  inputs: Tensors;
  outputs: string[];
  /** When it came, in seconds. */
  arrived: number;
  isGone: () => boolean;
  onRun: ((run: JobRun) => void) | undefined;
  resolve: (outputs: Tensors) => void;
  reject: (error: unknown) => void;
}

/** How a job was run; times are seconds of the same clock as `arrived`. */
export interface JobRun {
  arrived: number;
  started: number;
  ended: number;
  /** Rows and requests that shared the run. */
  rows: number;
  requests: number;
}

/** Jobs for one run; all of them have the key. */
export interface Batch {
  key: string | undefined;
  jobs: Job[];
  rows: number;
  bytes: number;
}

/** How far a batch may grow. */
export interface QueueOptions {
  maxRows: number;
  maxBytes: number;
  times: RunTimes;
}

/** Seconds that a run may always take to let more rows in. */
export const shortRunSeconds = 0.003;

/** How much longer a longer run may become for the sake of more rows. */
const mostGrowth = 1.25;

/** Jobs that wait, put together as they will run, the next batch first. */
export class Queue {
  readonly #options: QueueOptions;
  readonly #batches = new Set<Batch>();
  /** The last batch of each key, which may still grow. */
  readonly #growing = new Map<string | undefined, Batch>();
  /** Number of jobs. */
  length = 0;
  /** Size of the inputs of all jobs. */
  bytes = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Number of runs that the jobs will take. */
  get runs(): number {
    return this.#batches.size;
  }

  /** The batch that a job would join; undefined when it needs a new one. */
  findBatch({ key, rows, bytes }: Requirements): Batch | undefined {
    const { maxRows, maxBytes, times } = this.#options;
    const batch = key === undefined ? undefined : this.#growing.get(key);
    const first = batch?.jobs[0];
    if (!first || batch.rows + rows > maxRows || batch.bytes + bytes > maxBytes) return undefined;
    return times.predict(batch.bytes + bytes) <= this.#longest(first) ? batch : undefined;
  }

  /** Seconds of the model's time that a job takes up in a batch that is full of its like. */
  cost({ key, rows, bytes }: Requirements): number {
    const { maxRows, maxBytes, times } = this.#options;
    if (key === undefined) return times.predict(bytes);
    const inTime = times.sizeWithin(this.#longest({ bytes }));
    const jobs = Math.max(1, Math.min(maxRows / rows, Math.min(maxBytes, inTime) / bytes));
    return times.predict(bytes * jobs) / jobs;
  }

  /** Seconds that a run may take to let more rows in beside its first ones. */
  #longest({ bytes }: Pick<Requirements, "bytes">): number {
    return Math.max(shortRunSeconds, mostGrowth * this.#options.times.predict(bytes));
  }

  /** Adds a job to a batch that it fits into, or to a new one. */
  add(job: Job, batch = this.#newBatch(job.key)): void {
    batch.jobs.push(job);
    batch.rows += job.rows;
    batch.bytes += job.bytes;
    this.length += 1;
    this.bytes += job.bytes;
  }

  /** Takes out the next batch. */
  take(): Batch | undefined {
    const [batch] = this.#batches;
    if (batch) this.#remove(batch);
    return batch;
  }

  /** Takes out every job that is not worth a run any more. */
  filter(isLive: (job: Job) => boolean): void {
    for (const batch of this.#batches) {
      const { jobs } = batch;
      batch.jobs = jobs.filter(isLive);
      for (const { rows, bytes } of jobs.filter((job) => !batch.jobs.includes(job))) {
        batch.rows -= rows;
        batch.bytes -= bytes;
        this.length -= 1;
        this.bytes -= bytes;
      }
      if (batch.jobs.length === 0) this.#remove(batch);
    }
  }

  #newBatch(key: string | undefined): Batch {
    const batch = { key, jobs: [], rows: 0, bytes: 0 };
    this.#batches.add(batch);
    if (key !== undefined) this.#growing.set(key, batch);
    return batch;
  }

  #remove(batch: Batch): void {
    this.#batches.delete(batch);
    if (this.#growing.get(batch.key) === batch) this.#growing.delete(batch.key);
    this.length -= batch.jobs.length;
    this.bytes -= batch.bytes;
  }
}
