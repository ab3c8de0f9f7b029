import { reasons, type Problem } from "../api/reasons.ts";
import { type Observed } from "../state/observed.ts";
import { isTrue, type Job } from "../kube/objects.ts";
import { origin } from "../resources/enrichment-job.ts";
import { jobFailure } from "./workers.ts";

/** After the first failed Job in a row; twice as long after each further one. */
const firstPauseMs = 60_000;

/** Longest pause; a Job that lasted longer before it failed counts as the first one that did. */
const maxPauseMs = 3_600_000;

/** When a Job came to its end in this way, in milliseconds since 1970. */
export function endOf(job: Job | undefined, type: "Complete" | "Failed"): number | undefined {
  const end = Date.parse(String(job?.status?.conditions?.find(isTrue(type))?.lastTransitionTime));
  return Number.isNaN(end) ? undefined : end;
}

/** How many Jobs will have been tried in a row with the one after a failed one. */
export function attemptAfter(job: Job): number {
  const lasted = (endOf(job, "Failed") ?? 0) - Date.parse(String(job.status?.startTime));
  return (lasted > maxPauseMs ? 1 : (origin(job)?.attempt ?? 1)) + 1;
}

/** Milliseconds that are left until another Job may follow one that failed. */
export function pauseAfterMs(job: Job, now: Date): number {
  return Math.max(0, (endOf(job, "Failed") ?? 0) + pauseMs(job) - now.getTime());
}

/** Why a Job failed, and when the next one comes. */
export function failedJobProblem(observed: Observed, job: Job): Problem {
  const { message } = jobFailure(observed, job);
  const minutes = pauseMs(job) / 60_000;
  const next = `retried after ${minutes} min, or at once when the spec changes`;
  return { reason: reasons.WorkerFailed, message: `${message}; ${next}` };
}

function pauseMs(job: Job): number {
  return Math.min(maxPauseMs, firstPauseMs * 2 ** (attemptAfter(job) - 2));
}
