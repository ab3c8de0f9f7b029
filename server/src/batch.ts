import { Unavailable } from "./errors.ts";
import type { Model } from "./model.ts";
import { joinRows, splitRows, type Tensor, type Tensors } from "./tensors.ts";

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

/** Computes the named outputs for one request. */
export type Infer = (inputs: Tensors, outputs: string[]) => Promise<Tensors>;

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
 *
 * @returns a function that throws Unavailable when too many requests wait
 */
export function createBatcher(model: Model, options: BatchOptions): Infer {
  const { rowwise, maxRows = 64, maxWaiting = 4096, observe = () => {} } = options;
  /** Waiting jobs by what has to be equal for a common run. */
  const groups = new Map<unknown, Job[]>();
  let waiting = 0;
  let running = false;

  const infer: Infer = async (inputs, outputs) => {
    if (waiting >= maxWaiting) {
      throw new Unavailable(`${maxWaiting} requests are waiting already; try again later`);
    }
    return new Promise((resolve, reject) => {
      const rows = commonRows(inputs);
      const job: Job = { inputs, outputs, rows: rows ?? 1, resolve, reject };
      const shareable = rowwise && rows !== undefined && rows <= maxRows;
      add(shareable ? signature(inputs, outputs) : job, job);
    });
  };

  const add = (key: unknown, job: Job) => {
    const group = groups.get(key);
    if (group) group.push(job);
    else groups.set(key, [job]);
    waiting += 1;
    if (running) return;
    running = true;
    setImmediate(() => void runAll());
  };

  const runAll = async () => {
    for (let batch = take(); batch.length > 0; batch = take()) await run(batch);
    running = false;
  };

  /** The next jobs to run together; the rest of their group goes to the end of the queue. */
  const take = (): Job[] => {
    const [next] = groups;
    if (!next) return [];
    const [key, group] = next;
    const batch = group.slice(0, fitting(group, maxRows));
    groups.delete(key);
    if (batch.length < group.length) groups.set(key, group.slice(batch.length));
    waiting -= batch.length;
    return batch;
  };

  /** Runs jobs together and, when that fails, each half of them, until the culprit is alone. */
  const run = async (jobs: Job[]): Promise<void> => {
    try {
      const results = await runTogether(jobs);
      for (const [index, job] of jobs.entries()) job.resolve(results[index] as Tensors);
    } catch (error) {
      if (jobs.length === 1) return jobs[0]?.reject(error);
      const middle = Math.ceil(jobs.length / 2);
      await run(jobs.slice(0, middle));
      await run(jobs.slice(middle));
    }
  };

  const runTogether = async (jobs: Job[]): Promise<Tensors[]> => {
    const [first] = jobs as [Job, ...Job[]];
    const rows = jobs.map((job) => job.rows);
    const inputs = jobs.length === 1 ? first.inputs : join(jobs.map((job) => job.inputs));
    const { outputs, seconds } = await model.run(inputs, first.outputs);
    observe(sum(rows), seconds);
    return jobs.length === 1 ? [outputs] : split(outputs, rows);
  };

  return infer;
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

function join(parts: Tensors[]): Tensors {
  const names = Object.keys(parts[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, joinRows(parts.map((inputs) => inputs[name] as Tensor))]),
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
