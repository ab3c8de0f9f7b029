import { Cron } from "croner";
import type { BenchmarkSpec } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";

/**
 * When a schedule of spec.benchmark is next due.
 *
 * @param schedule five fields as in a CronJob, or a word such as `@daily`
 * @param timeZone name in the IANA database
 * @param after the time after which the answer lies
 * @returns undefined for a time that never comes, such as the 30th of February
 * @throws with a sentence about a schedule or a time zone that does not exist
 */
export function nextTime(schedule: string, timeZone: string, after: Date): Date | undefined {
  return new Cron(schedule, { timezone: timeZone, mode: "5-part" }).nextRun(after) ?? undefined;
}

/** Why the schedule of spec.benchmark never starts a run; undefined where it does, or is not set. */
export function scheduleProblem(
  benchmark: Pick<BenchmarkSpec, "schedule" | "timeZone">,
): Problem | undefined {
  const { schedule, timeZone = "UTC" } = benchmark;
  if (schedule === undefined) return undefined;
  try {
    if (nextTime(schedule, timeZone, new Date(0))) return undefined;
    return invalid(`spec.benchmark.schedule ${schedule} matches no date; ${example}`);
  } catch {
    const message = isTimeZone(timeZone)
      ? `spec.benchmark.schedule ${schedule} is not a valid cron schedule; ${example}`
      : `spec.benchmark.timeZone ${timeZone} is not in the IANA time zone database; write for example Europe/Paris`;
    return invalid(message);
  }
}

const example = "write for example 0 3 * * *";

function invalid(message: string): Problem {
  return { reason: reasons.InvalidSchedule, message };
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}
