/**
 * One step of a plan: a load, or the hand-over to a user's script, or the end. Run by k6, which
 * takes TypeScript as it is; run.sh repeats it until the plan is done, and a journal carries
 * what a run found to the next one. Plan and measurement are described in ../contract.ts.
 */
import { sleep } from "k6";
import exec from "k6/execution";
import { Trend } from "k6/metrics";
import type { Options } from "k6/options";
import type { Users } from "../contract.ts";
import { runScriptNext, writeMeasurement, recordRun, taskOf } from "./journal-file.ts";
import { measurement } from "./measurement/measurement.ts";
import { connectSeconds, loadOptions, loadStart } from "./options.ts";
import type { Payload } from "./target/payloads.ts";
import { readPlan } from "./plan.ts";
import type { RequestShape } from "./target/request-shape.ts";
import { metric, type Summary } from "./measurement/summary.ts";
import {
  ask,
  waitForRequestShape,
  payloadsOf,
  readPods,
  detectRequestShape,
  warm,
} from "./target/target.ts";
import type { LoadTask } from "./task.ts";

interface Start {
  shape: RequestShape;
  /** Milliseconds since 1970. */
  started: number;
}

const plan = readPlan(__ENV["PLAN"]);
const payloads = payloadsOf(plan);
const task = taskOf(plan);
const load = task.kind === "load" ? task : undefined;
const lateness = load?.load.scenario === "Rate" ? new Trend(metric.lateness, true) : undefined;

export const options: Options = optionsOf(load);

/** k6 reads them before there are virtual users, of which each would keep its own otherwise. */
function optionsOf(loadTask: LoadTask | undefined): Options {
  if (__VU !== 0) return {};
  return loadTask ? loadOptions(loadTask, plan) : { iterations: 1 };
}

/** Finds out which requests the model takes. */
export function setup(): Start | undefined {
  if (!load) return undefined;
  const started = Date.now();
  const shape = waitForRequestShape(plan, payloads);
  console.log(`${described(load)} at ${shape.url}`);
  return { shape, started };
}

/** What a run without a load does: nothing but its summary. */
export default function (): void {}

/** Opens a virtual user's connection, which would otherwise delay its first request. */
export function connect(): void {
  sleep((Math.random() * connectSeconds(load!)) / 2);
  detectRequestShape(plan, payloads);
}

/** One round of a user: think, then ask. */
export function think({ shape }: Start): void {
  const { min, max } = (load!.load as Users).thinkTime;
  const began = exec.scenario.startTime + load!.warmUp * 1000;
  const secondsLeft = () => (began - Date.now()) / 1000 + load!.duration;
  const first = exec.vu.iterationInScenario === 0;
  const pause = first ? Math.random() * max : min + Math.random() * (max - min);
  sleep(Math.min(pause, secondsLeft()));
  if (secondsLeft() <= 0) return;
  if (Date.now() < began) warm(shape, payload());
  else ask(shape, payload(), { began, duration: load!.duration });
}

/** One request of a rate, before the measurement. */
export function prepare({ shape }: Start): void {
  warm(shape, payload());
}

/** One request of a constant rate. */
export function fire({ shape }: Start): void {
  const { rate } = load!.load as { rate: number };
  const { startTime: began, iterationInTest } = exec.scenario;
  lateness!.add(Math.max(0, Date.now() - began - (iterationInTest * 1000) / rate));
  ask(shape, payload(), { began, duration: load!.duration });
}

/** Reads what the pods have spent before the measurement. */
export function observe(): void {
  readPods(plan, "before");
}

/** Reads what the pods have spent, when the last answer has come. */
export function teardown(): void {
  if (load) readPods(plan, "after");
}

/** Writes what the next run needs to know, or the measurement. */
export function handleSummary(data: Summary & { setup_data?: Start }): Record<string, string> {
  if (task.kind === "script") return runScriptNext(task.path);
  if (task.kind === "end") return writeMeasurement(task.measurement);
  if (!data.setup_data) return { stderr: "The benchmark could not begin.\n" };
  const { started } = data.setup_data;
  const planned = started + loadStart(task) * 1000;
  const measured = measurement(data, { ...plan, duration: task.duration }, planned);
  return recordRun({ task, measurement: measured, started, ended: Date.now() });
}

/** The payloads in turn; undefined when there are none. */
function payload(): Payload | undefined {
  return payloads.length > 0
    ? payloads[exec.scenario.iterationInTest % payloads.length]
    : undefined;
}

function described({ load: put }: LoadTask): string {
  return put.scenario === "Users" ? `${put.users} users` : `${put.rate} requests a second`;
}
