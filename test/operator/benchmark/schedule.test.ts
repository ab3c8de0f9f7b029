import * as assert from "uvu/assert";
import { nextTime, scheduleProblem } from "../../../operator/src/benchmark/schedule.ts";
import { suite } from "../../support/suite.ts";

const test = suite("schedule");

const times: [schedule: string, timeZone: string, after: string, next: string][] = [
  ["0 3 * * *", "UTC", "2026-10-01T02:59:59Z", "2026-10-01T03:00:00.000Z"],
  ["0 3 * * *", "UTC", "2026-10-01T03:00:00Z", "2026-10-02T03:00:00.000Z"],
  ["0 3 * * *", "Europe/Paris", "2026-07-01T00:00:00Z", "2026-07-01T01:00:00.000Z"],
  ["0 3 * * *", "Europe/Paris", "2026-12-01T00:00:00Z", "2026-12-01T02:00:00.000Z"],
  // In the night in which the clocks go forward there is no half past two; three comes next.
  ["30 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00.000Z"],
  ["@daily", "UTC", "2026-10-01T12:00:00Z", "2026-10-02T00:00:00.000Z"],
  ["*/5 9-17 * * MON-FRI", "UTC", "2026-10-02T17:56:00Z", "2026-10-05T09:00:00.000Z"],
];
for (const [schedule, timeZone, after, next] of times) {
  test(`${schedule} in ${timeZone} comes after ${after} at ${next}`, () => {
    assert.is(nextTime(schedule, timeZone, new Date(after))?.toISOString(), next);
  });
}

const problems: [schedule: string, timeZone: string, message: string | undefined][] = [
  ["0 3 * * *", "Europe/Paris", undefined],
  ["@hourly", "UTC", undefined],
  [
    "61 3 * * *",
    "UTC",
    "spec.benchmark.schedule 61 3 * * * is not a valid cron schedule; write for example 0 3 * * *",
  ],
  [
    "0 3 * * *",
    "Europe/Lutetia",
    "spec.benchmark.timeZone Europe/Lutetia is not in the IANA time zone database; write for example Europe/Paris",
  ],
  [
    "0 0 30 2 *",
    "UTC",
    "spec.benchmark.schedule 0 0 30 2 * matches no date; write for example 0 3 * * *",
  ],
];
for (const [schedule, timeZone, message] of problems) {
  test(`${schedule} in ${timeZone} is ${message ? "a problem" : "fine"}`, () => {
    const problem = message && { reason: "InvalidSchedule", message };
    assert.equal(scheduleProblem({ schedule, timeZone }), problem);
  });
}

test.run();
