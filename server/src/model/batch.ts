import { Unavailable } from "../errors.ts";
import type { Model } from "./model.ts";
import { joinTensors, splitRows, type Tensor, type Tensors } from "../tensors/tensors.ts";

/** How requests are put together. */
export interface BatchOptions {
  /** Whether rows of several requests may share a run. */
  rowwise: boolean;
  /** Most rows that requests are put together to; a request with more runs alone. */
  maxRows?: number;
  /** Most requests that wait for a run. */
  maxWaiting?: number;
  /** Told about every run that worked. */
  observe?: (rows: number, seconds: number) => void;
}

interface Job {
  inputs: Tensors;
  outputs: string[];
  rows: number;
  resolve: (outputs: Tensors) => void;
  reject: (error: unknown) => void;
}

/**
 * Lets requests that arrive in the same turn of the event loop share one run of the model, which
 * costs hardly more than a run for one of them. Only inputs of the same shape but for the number
 * of rows share a run, and a request that the model refuses is singled out.
 */
export class Batcher {
  readonly #model: Pick<Model, "run">;
  readonly #options: Required<BatchOptions>;
  /** Waiting jobs by what has to be equal for a common run. */
  readonly #groups = new Map<unknown, Job[]>();
  #waiting = 0;
  #isRunning = false;

  constructor(model: Pick<Model, "run">, options: BatchOptions) {
    this.#model = model;
    this.#options = { maxRows: 64, maxWaiting: 4096, observe: () => {}, ...options };
  }

  /**
   * Computes the named outputs for one request.
   *
   * @throws Unavailable when too many requests wait, and what the model throws
   */
  async infer(inputs: Tensors, outputs: string[]): Promise<Tensors> {
    const { rowwise, maxRows, maxWaiting } = this.#options;
    if (this.#waiting >= maxWaiting) {
      throw new Unavailable(`${maxWaiting} requests are waiting already; try again later`);
    }
    return new Promise((resolve, reject) => {
      const rows = commonRows(inputs);
      const job: Job = { inputs, outputs, rows: rows ?? 1, resolve, reject };
      const isShareable = rowwise && rows !== undefined && rows <= maxRows;
      this.#add(isShareable ? signature(inputs, outputs) : job, job);
    });
  }

  #add(key: unknown, job: Job): void {
    const group = this.#groups.get(key);
    if (group) group.push(job);
    else this.#groups.set(key, [job]);
    this.#waiting += 1;
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => void this.#runAll());
  }

  async #runAll(): Promise<void> {
    for (let jobs = this.#take(); jobs.length > 0; jobs = this.#take()) await this.#run(jobs);
    this.#isRunning = false;
  }

  /** The next jobs to run together; the rest of their group goes to the end of the queue. */
  #take(): Job[] {
    const [next] = this.#groups;
    if (!next) return [];
    const [key, group] = next;
    const jobs = group.slice(0, fitting(group, this.#options.maxRows));
    this.#groups.delete(key);
    if (jobs.length < group.length) this.#groups.set(key, group.slice(jobs.length));
    this.#waiting -= jobs.length;
    return jobs;
  }

  /** Runs jobs together and, when that fails, each half of them, until the culprit is alone. */
  async #run(jobs: Job[]): Promise<void> {
    try {
      const results = await this.#runTogether(jobs);
      for (const [index, job] of jobs.entries()) job.resolve(results[index] as Tensors);
    } catch (error) {
      if (jobs.length === 1) return jobs[0]?.reject(error);
      const middle = Math.ceil(jobs.length / 2);
      await this.#run(jobs.slice(0, middle));
      await this.#run(jobs.slice(middle));
    }
  }

  async #runTogether(jobs: Job[]): Promise<Tensors[]> {
    const [first] = jobs as [Job, ...Job[]];
    const rows = jobs.map((job) => job.rows);
    const inputs = jobs.length === 1 ? first.inputs : joinTensors(jobs.map((job) => job.inputs));
    const { outputs, seconds } = await this.#model.run(inputs, first.outputs);
    this.#options.observe(sum(rows), seconds);
    return jobs.length === 1 ? [outputs] : split(outputs, rows);
  }
}

/** How many jobs from the front run together; at least one. */
function fitting(jobs: Job[], maxRows: number): number {
  let rows = 0;
  const tooMany = jobs.findIndex((job) => (rows += job.rows) > maxRows);
  return tooMany === -1 ? jobs.length : Math.max(tooMany, 1);
}

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
