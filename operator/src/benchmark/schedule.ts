import { Cron } from "croner";

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

/** What is wrong with a schedule or a time zone; undefined when they can be kept. */
export function scheduleProblem(schedule: string, timeZone: string): string | undefined {
  try {
    const next = nextTime(schedule, timeZone, new Date(0));
    return next
      ? undefined
      : `spec.benchmark.schedule ${schedule} never comes; write for example 0 3 * * *`;
  } catch {
    return isTimeZone(timeZone)
      ? `spec.benchmark.schedule is ${schedule}, which is no schedule; write for example 0 3 * * *`
      : `spec.benchmark.timeZone is ${timeZone}, which is no time zone; write for example Europe/Paris`;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}
