import {
  type BenchmarkResult,
  type ModelDeployment,
  type HistoryEntry,
} from "../api/model-deployment.ts";
import { reasons } from "../api/reasons.ts";
import type { Trigger } from "../resources/benchmark-job.ts";
import { nextTime, scheduleProblem } from "./schedule.ts";

/** Annotation that requests another run; the operator removes it. */
export const benchmarkAnnotation = "intendant.dev/benchmark";

/** Whether the annotation is there. */
export function isRequested({ metadata }: ModelDeployment): boolean {
  return metadata.annotations?.[benchmarkAnnotation] !== undefined;
}

/** A run that is due. */
export interface NextRun {
  trigger: Trigger;
  /** Sets it apart from other measurements of the same subject. */
  due: string;
}

/** The serving revision, and what is known of it. */
export interface Served {
  /** What a measurement of it holds for. */
  subject: string;
  /** When it began to receive traffic. */
  since: string;
  /** The result that is true now. */
  figures: BenchmarkResult | undefined;
}

/** The run that is due for the serving revision, if any. */
export function nextRun(model: ModelDeployment, served: Served, now: Date): NextRun | undefined {
  const latest = latestEntry(model, served.subject);
  if (!served.figures && !isSettled(latest, served)) {
    // What was measured in between sets two returns to the same subject apart.
    return { trigger: "Change", due: [served.since, latest?.job].join(" ") };
  }
  const requested = openRequest(model, latest?.startedAt);
  if (requested !== undefined) return { trigger: "Request", due: requested };
  const next = nextScheduled(model, served.subject);
  return next && next <= now ? { trigger: "Schedule", due: next.toISOString() } : undefined;
}

/**
 * It was measured, and that was not valid. Only a request or the schedule starts another run: the
 * next one would most likely not be valid either.
 */
function isSettled(latest: HistoryEntry | undefined, { subject, since }: Served): boolean {
  if (latest?.subject !== subject || !isInvalid(latest)) return false;
  return Date.parse(latest.startedAt ?? "") >= Date.parse(since);
}

/** The run has no result, and not only because its target changed. */
function isInvalid({ outcome }: HistoryEntry): boolean {
  return outcome !== "Valid" && outcome !== reasons.RevisionChanged;
}

/**
 * When a run was requested, as long as none has begun since.
 *
 * @param begunAt when the latest one began
 */
export function openRequest(
  { status }: ModelDeployment,
  begunAt: string | undefined,
): string | undefined {
  const requested = status?.measureRequestedAt;
  if (requested === undefined || begunAt === undefined) return requested;
  return Date.parse(begunAt) >= Date.parse(requested) ? undefined : requested;
}

/** When the schedule is due after the latest measurement, whether or not that lies in the future. */
export function nextScheduled(model: ModelDeployment, subject: string): Date | undefined {
  const { schedule, timeZone = "UTC" } = model.spec.benchmark ?? {};
  if (schedule === undefined || scheduleProblem({ schedule, timeZone })) return undefined;
  const { benchmark, serving } = model.status ?? {};
  const known = [latestEntry(model, subject)?.startedAt, benchmark?.startedAt, serving?.since];
  const times = known.flatMap((time) => (time === undefined ? [] : Date.parse(time)));
  return times.length > 0 ? nextTime(schedule, timeZone, new Date(Math.max(...times))) : undefined;
}

/** The latest run of a revision that served; runs of candidates that were refused are left out. */
export function latestEntry(
  { status }: ModelDeployment,
  subject: string,
): HistoryEntry | undefined {
  return latestOf(status?.history, subject);
}

/** The same among these entries, the newest first. */
export function latestOf(
  entries: HistoryEntry[] | undefined,
  subject: string,
): HistoryEntry | undefined {
  return entries?.find((entry) => entry.trigger !== "Gate" || entry.subject === subject);
}
