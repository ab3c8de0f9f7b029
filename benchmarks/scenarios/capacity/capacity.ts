import type { Capacity, CapacityResult, Measurement, Rate, Step } from "../../contract.ts";
import type { LoadTask, Run, Task } from "../task.ts";
import { bracket, firstRate, nextRate, type StepResult } from "./search.ts";
import { failedShare, stepResult, stepSeconds } from "./step.ts";

/** Seconds of the same rate before a step is measured. */
const settleSeconds = 1;

/** Seconds that a run of k6 takes beside its load: to start, to open connections, to end. */
const runSeconds = 4;

/** Steps that fit the message; a search that needs more has found nothing that lasts. */
const mostSteps = 60;

/** What comes next in a search: one user alone, then a step for each rate, then the end. */
export function capacityTask(load: Capacity, duration: number, runs: Run[]): Task {
  const [probe, ...steps] = runs;
  if (!probe) return oneUser();
  if (!probe.measurement.latency) return { kind: "end", measurement: probe.measurement };
  const tried = steps.map((run) => resultOf(load, run));
  const first = firstRate(load, probe.measurement.latency.p50);
  const rate = failsAlone(load, probe.measurement) ? undefined : nextRate(load, first, tried);
  if (rate === undefined) return end(load, runs, tried, limitation(tried));
  const isOver = secondsOf(runs) + stepSeconds(load, rate) + runSeconds > duration;
  if (isOver || steps.length === mostSteps) return end(load, runs, tried, "time");
  return step(load, rate);
}

function oneUser(): LoadTask {
  const load = { scenario: "Users", users: 1, thinkTime: { min: 0, max: 0 } } as const;
  return { kind: "load", load, duration: 2, warmUp: 0.5, virtualUsers: 1 };
}

/**
 * There are connections for answers that take three times as long as the SLO allows: with more of
 * them in flight, the rate is missed in any case.
 */
function step(load: Capacity, rate: number): LoadTask {
  const seconds = Math.max(0.25, (3 * (load.slo.p95 ?? 350)) / 1000);
  return {
    kind: "load",
    load: { scenario: "Rate", rate },
    duration: stepSeconds(load, rate),
    warmUp: settleSeconds,
    virtualUsers: Math.min(Math.max(Math.ceil(rate * seconds), 20), 1000),
  };
}

/** A single user is not answered as it should be, so that any load would be too much. */
function failsAlone({ slo }: Capacity, probe: Measurement): boolean {
  return probe.latency!.p50 > (slo.p95 ?? Infinity) || failedShare(probe) > 0.5;
}

function limitation(tried: StepResult[]): Measurement["limitedBy"] {
  const { missed, held } = bracket(tried);
  if (missed === undefined && held !== undefined) return undefined;
  const misses = tried.filter(({ rate, held: isHeld }) => rate === missed && !isHeld);
  return misses.some(({ limitedByGenerator }) => limitedByGenerator) ? "generator" : "service";
}

function end(
  load: Capacity,
  runs: Run[],
  tried: StepResult[],
  limitedBy: Measurement["limitedBy"],
): Task {
  const { held, missed } = bracket(tried);
  const best = runs.slice(1).findLast((_run, index) => isHeldAt(tried[index]!, held));
  const { measurement } = best ?? runs.at(-1)!;
  const capacity: CapacityResult = {
    rps: held ?? 0,
    ...(missed !== undefined && { missed }),
    ...(best && { p95: measurement.latency!.p95, cpuPerRequest: measurement.cpuPerRequest }),
    steps: tried.map((verdict, index) => stepFigures(verdict, runs[index + 1]!)),
  };
  return {
    kind: "end",
    measurement: { ...measurement, capacity, ...(limitedBy && { limitedBy }) },
  };
}

function isHeldAt({ rate, held }: StepResult, wanted: number | undefined): boolean {
  return held && rate === wanted;
}

function stepFigures({ rate, held }: StepResult, { measurement }: Run): Step {
  const p95 = measurement.latency ? Number(measurement.latency.p95.toPrecision(4)) : null;
  return [rate, p95, Number(failedShare(measurement).toPrecision(2)), held ? 1 : 0];
}

function resultOf(load: Capacity, { task, measurement }: Run): StepResult {
  return stepResult(load, (task as LoadTask & { load: Rate }).load.rate, measurement);
}

function secondsOf(runs: Run[]): number {
  return (runs.at(-1)!.ended - runs[0]!.started) / 1000;
}
