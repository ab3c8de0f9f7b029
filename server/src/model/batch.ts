import { Aborted, InvalidInput, Refusal, Unavailable } from "../process/errors.ts";
import { joinTensors, splitRows, type Tensor, type Tensors } from "../tensors/tensors.ts";
import { Admission, monotonicSeconds } from "./admission.ts";
import type { Model } from "./model.ts";
import {
  Queue,
  shortRunSeconds,
  type Batch,
  type Job,
  type Requirements,
  type JobRun,
} from "./queue.ts";
import { RunTimes } from "./run-times.ts";

/** How requests are put together, and how many may wait. */
export interface BatchOptions {
  /** Whether rows of several requests may share a run. */
  rowwise: boolean;
  /** Most rows that requests are put together to; a request with more runs alone. */
  maxRows?: number;
  /** Most bytes of inputs that requests are put together to. */
  maxBytes?: number;
  /** Most requests that wait for a run. */
  maxWaiting?: number;
  /** Most bytes of inputs that wait for a run, but for a request that waits alone. */
  maxWaitingBytes?: number;
  admission?: Admission;
  /** What is known of how long runs take. */
  times?: RunTimes;
  observer?: BatchObserver;
  /** The time in seconds; a test has its own. */
  now?: () => number;
}

/** Observes what happens to requests. */
export interface BatchObserver {
  /** A run worked. */
  ran?: (rows: number, seconds: number) => void;
  /** A request waited for its run. */
  waited?: (seconds: number) => void;
  refused?: (reason: RefusalReason) => void;
}

/**
 * Why a request was not computed: too many or too large ones waited already, it would have had to
 * wait for too long, or it had waited for too long.
 */
export type RefusalReason = "full" | "wait" | "late";

/**
 * Lets requests that wait at the same time share one run of the model, which costs hardly more
 * than a run for one of them where runs are short. Only inputs of the same shape but for the
 * number of rows share a run, and a request that the model refuses is singled out.
 */
export class Batcher {
  readonly #model: Pick<Model, "run">;
  readonly #options: Required<BatchOptions>;
  readonly #queue: Queue;
  #isRunning = false;
  /** When the current run began and should end; Infinity when there is none. */
  #runStart = Infinity;
  #runEnd = Infinity;
  #isSweepScheduled = false;

  constructor(model: Pick<Model, "run">, options: BatchOptions) {
    this.#model = model;
    this.#options = {
      maxRows: 64,
      maxBytes: 4 * 1024 * 1024,
      maxWaiting: 4096,
      maxWaitingBytes: 64 * 1024 * 1024,
      admission: new Admission({ maxWaitSeconds: 0.5 }),
      times: new RunTimes(),
      observer: {},
      now: monotonicSeconds,
      ...options,
    };
    this.#queue = new Queue(this.#options);
  }

  /**
   * Computes the named outputs for one request.
   *
   * @param isGone whether the client is gone
   * @param onRun called about the run before the answer comes
   * @throws Unavailable when it would wait or has waited for too long, Aborted when it is gone, and
   *   what the model throws
   */
  async infer(
    inputs: Tensors,
    outputs: string[],
    isGone = () => false,
    onRun?: (run: JobRun) => void,
  ): Promise<Tensors> {
    const needs = this.#requirements(inputs, outputs);
    const batch = this.#queue.findBatch(needs);
    this.#refuseWhenFull(needs.bytes);
    this.#refuseWhenLong(needs, batch);
    return new Promise((resolve, reject) => {
      const arrived = this.#options.now();
      this.#queue.add(
        { inputs, outputs, ...needs, arrived, isGone, onRun, resolve, reject },
        batch,
      );
      if (this.#isRunning) this.#scheduleSweep();
      else this.#start();
    });
  }

  #requirements(inputs: Tensors, outputs: string[]): Requirements {
    const { rowwise, maxRows } = this.#options;
    const rows = commonRows(inputs);
    const isShareable = rowwise && rows !== undefined && rows <= maxRows;
    const key = isShareable ? signature(inputs, outputs) : undefined;
    return { key, rows: rows ?? 1, bytes: size(inputs) };
  }

  #refuseWhenFull(bytes: number): void {
    const { maxWaiting, maxWaitingBytes } = this.#options;
    const { length } = this.#queue;
    const isTooLarge = length > 0 && this.#queue.bytes + bytes > maxWaitingBytes;
    if (length < maxWaiting && !isTooLarge) return;
    throw this.#refusal("full", `${length} requests are waiting already`);
  }

  #refuseWhenLong(needs: Requirements, batch: Batch | undefined): void {
    const { admission, times, now } = this.#options;
    const { runs, bytes: waiting } = this.#queue;
    const rest = this.#runEnd < Infinity ? Math.max(0, this.#runEnd - now()) : 0;
    const others = times.predict(waiting - (batch?.bytes ?? 0), runs - (batch ? 1 : 0));
    const run = times.predict(needs.bytes);
    const forecast = { wait: rest + others, run, cost: this.#queue.cost(needs) };
    if (admission.admits(forecast)) return;
    throw this.#refusal("wait", "More requests come than the model can answer");
  }

  #refusal(reason: RefusalReason, sentence: string): Unavailable {
    this.#options.observer.refused?.(reason);
    return new Unavailable(`${sentence}; try again later`);
  }

  #start(): void {
    this.#isRunning = true;
    // What comes in the same turn of the event loop shares the run.
    setImmediate(() => void this.#runAll());
  }

  async #runAll(): Promise<void> {
    for (let batch = this.#queue.take(); batch; batch = this.#queue.take()) {
      const jobs = batch.jobs.filter((job) => this.#isLive(job));
      if (jobs.length > 0) await this.#run(jobs);
      this.#runStart = this.#runEnd = Infinity;
    }
    this.#isRunning = false;
  }

  /** Whether a job is still worth a run; one that is not gets its answer. */
  #isLive(job: Job): boolean {
    if (job.isGone()) {
      job.reject(new Aborted("The client went away"));
      return false;
    }
    if (!this.#isLate(job)) return true;
    job.reject(this.#refusal("late", "The request waited for too long"));
    return false;
  }

  /**
   * Whether a job waited for too long, and for the model. When runs are short it waited for the
   * process to read other requests; what it costs is spent, and its answer is as good as a refusal.
   */
  #isLate({ arrived, bytes }: Job): boolean {
    const { admission, times, now } = this.#options;
    const run = times.predict(bytes);
    const limit = admission.limit(run);
    return now() - arrived > limit && (run > shortRunSeconds || now() - this.#runStart > limit);
  }

  /** Answers jobs that wait for too long also when the current run does not end. */
  #scheduleSweep(): void {
    if (this.#isSweepScheduled) return;
    this.#isSweepScheduled = true;
    const clean = () => {
      this.#isSweepScheduled = false;
      this.#queue.filter((job) => this.#isLive(job));
      if (this.#queue.length > 0) this.#scheduleSweep();
    };
    setTimeout(clean, 1000 * this.#options.admission.limit(0)).unref();
  }

  /**
   * Runs jobs together and, when the model does not take them, each half of them, until the
   * culprit is alone.
   */
  async #run(jobs: Job[]): Promise<void> {
    try {
      const results = await this.#runTogether(jobs);
      for (const [index, job] of jobs.entries()) job.resolve(results[index] as Tensors);
    } catch (error) {
      const concernsAll = error instanceof Refusal && !(error instanceof InvalidInput);
      if (jobs.length === 1 || concernsAll) {
        for (const { reject } of jobs) reject(error);
        return;
      }
      const middle = Math.ceil(jobs.length / 2);
      await this.#run(jobs.slice(0, middle));
      await this.#run(jobs.slice(middle));
    }
  }

  async #runTogether(jobs: Job[]): Promise<Tensors[]> {
    const { times, observer, now } = this.#options;
    const [first] = jobs as [Job, ...Job[]];
    const rows = jobs.map((job) => job.rows);
    const bytes = sum(jobs.map((job) => job.bytes));
    const inputs = jobs.length === 1 ? first.inputs : joinTensors(jobs.map((job) => job.inputs));
    const started = now();
    this.#runStart = started;
    this.#runEnd = started + times.predict(bytes);
    for (const { arrived } of jobs) observer.waited?.(started - arrived);
    const { outputs, seconds } = await this.#model.run(inputs, first.outputs);
    times.observe(bytes, seconds);
    observer.ran?.(sum(rows), seconds);
    for (const { arrived, onRun } of jobs) {
      onRun?.({ arrived, started, ended: now(), rows: sum(rows), requests: jobs.length });
    }
    return jobs.length === 1 ? [outputs] : split(outputs, rows);
  }
}

/** What computes the outputs of one request. */
export type Inference = Pick<Batcher, "infer">;

/** The first dimension of all inputs; undefined when they differ or there is none. */
function commonRows(inputs: Tensors): number | undefined {
  const [rows, ...others] = new Set(Object.values(inputs).map(({ shape }) => shape[0]));
  return others.length === 0 && rows !== 0 ? rows : undefined;
}

const signature = (inputs: Tensors, outputs: string[]) =>
  JSON.stringify([
    outputs,
    Object.entries(inputs).map(([name, { shape }]) => [name, shape.slice(1)]),
  ]);

/** Bytes that inputs occupy; about one for each character of a text. */
export function size(inputs: Tensors): number {
  return sum(
    Object.values(inputs).map(({ data }) =>
      Array.isArray(data) ? sum(data.map((text) => text.length)) : data.byteLength,
    ),
  );
}

function split(outputs: Tensors, rows: number[]): Tensors[] {
  const named = Object.entries(outputs).map(([name, tensor]) => {
    if (tensor.shape[0] !== sum(rows)) throw new Error(`"${name}" has not one row for each input`);
    return { name, parts: splitRows(tensor, rows) };
  });
  return rows.map((_, index) =>
    Object.fromEntries(named.map(({ name, parts }) => [name, parts[index] as Tensor])),
  );
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
