import type { Options, Scenario } from "k6/options";
import type { Plan, Rate } from "../contract.ts";
import { droppedIterations } from "./measurement/measurement.ts";
import { podMetric, readingTag } from "./measurement/pods.ts";
import { bucketMetrics } from "./measurement/series.ts";
import { metric, trendStats } from "./measurement/summary.ts";
import type { LoadTask } from "./task.ts";

/** Seconds for what is in flight when the time is over, which counts and is waited for. */
const lastSeconds = 35;

/** Seconds between a warm-up of a rate and its measurement, for the last answers to arrive. */
const pause = 0.5;

/** Options that k6 needs so that its summary has everything that a measurement is made of. */
export function measuring({ duration, pods = [] }: Pick<Plan, "duration" | "pods">): Options {
  const readings = pods.flatMap((_, pod) => [readingTag(pod, "before"), readingTag(pod, "after")]);
  const gauges = Object.values(podMetric);
  const kept = readings.flatMap((tag) => gauges.map((name) => `${name}{reading:${tag}}`));
  // k6 keeps a metric by its tags only where there is a threshold; these are always met.
  const thresholds = [
    ...bucketMetrics(duration).map((name) => [name, [alwaysMet(name)]]),
    ...kept.map((name) => [name, ["value>=0"]]),
    [droppedIterations, ["count>=0"]],
  ];
  return {
    thresholds: Object.fromEntries(thresholds),
    summaryTrendStats: trendStats,
    systemTags: ["group", "check", "scenario"],
  };
}

/** Options of a run that puts a load on the service. */
export function loadOptions(task: LoadTask, plan: Plan): Options {
  return { ...measuring({ ...plan, duration: task.duration }), scenarios: scenarios(task, plan) };
}

/** Seconds in which connections are opened, before all else. */
export function connectSeconds({ virtualUsers }: LoadTask): number {
  return Math.max(1, virtualUsers / 400);
}

/** Seconds from the start of k6's clock to that of the measurement. */
export function loadStart(task: LoadTask): number {
  const { load, warmUp } = task;
  // k6 needs a moment to hand its virtual users over.
  const connected = connectSeconds(task) + 0.1;
  const before = load.scenario === "Users" ? warmUp : warmUp + (load.ramp ?? 0);
  return connected + before + (load.scenario === "Rate" && before > 0 ? pause : 0);
}

function scenarios(task: LoadTask, plan: Plan): Record<string, Scenario> {
  const { load, warmUp } = task;
  const reads = (plan.pods ?? []).length > 0;
  const leadIn = load.scenario === "Rate" && warmUp + (load.ramp ?? 0) > 0;
  const startsAt = loadStart(task) + (load.scenario === "Users" ? warmUp : 0);
  return {
    connect: connecting(task, reads ? 1 : 0),
    ...(leadIn && { warmUp: warming(task, load) }),
    ...(reads && { pods: readingPods(startsAt - 0.1) }),
    benchmark: load.scenario === "Users" ? users(task) : rate(task, load),
  };
}

/** k6 hands the same virtual users, with their connections, on to the load that comes after. */
function connecting(task: LoadTask, others: number): Scenario {
  return {
    executor: "per-vu-iterations",
    exec: "connect",
    vus: task.virtualUsers + others,
    maxDuration: `${connectSeconds(task)}s`,
    gracefulStop: "0s",
  };
}

function readingPods(startsAt: number): Scenario {
  const once = { executor: "per-vu-iterations", vus: 1, iterations: 1 } as const;
  const times = { startTime: `${startsAt}s`, maxDuration: "6s", gracefulStop: "0s" };
  return { ...once, ...times, exec: "observe" };
}

function users(task: LoadTask): Scenario {
  return {
    executor: "constant-vus",
    exec: "think",
    vus: task.virtualUsers,
    startTime: `${loadStart(task)}s`,
    duration: `${task.warmUp + task.duration}s`,
    gracefulStop: `${lastSeconds}s`,
  };
}

function rate(task: LoadTask, load: Rate): Scenario {
  return {
    executor: "constant-arrival-rate",
    exec: "fire",
    ...exactly(load),
    preAllocatedVUs: task.virtualUsers,
    startTime: `${loadStart(task)}s`,
    duration: `${task.duration}s`,
    gracefulStop: `${lastSeconds}s`,
  };
}

function warming(task: LoadTask, load: Rate): Scenario {
  const { rate: target, timeUnit } = exactly(load);
  return {
    executor: "ramping-arrival-rate",
    exec: "prepare",
    startRate: 0,
    timeUnit,
    stages: [
      { target, duration: `${load.ramp ?? 0}s` },
      { target, duration: `${task.warmUp}s` },
    ],
    preAllocatedVUs: task.virtualUsers,
    startTime: `${connectSeconds(task) + 0.1}s`,
    gracefulStop: `${pause}s`,
  };
}

/** A threshold that is always met; it has to be of the metric's own kind. */
function alwaysMet(name: string): string {
  return name.startsWith(metric.latency) ? "max>=0" : "count>=0";
}

/** k6 takes whole numbers, and a search tries others. */
function exactly(load: Rate): { rate: number; timeUnit: string } {
  if (Number.isInteger(load.rate)) return { rate: load.rate, timeUnit: "1s" };
  return { rate: Math.round(load.rate * 100), timeUnit: "100s" };
}
