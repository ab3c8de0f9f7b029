import type { Plan, Rate, Users } from "../contract.ts";
import { capacityTask } from "./capacity/capacity.ts";
import type { Run, Task } from "./task.ts";
import { throttledShare } from "./measurement/throttling.ts";

/**
 * What the runs of k6 have left that one benchmark consists of, in a text that is empty before the
 * first of them.
 *
 * @param cpu the generator's `cpu.stat` before and after the last run
 */
export function readJournal(text: string, cpu: { before: string; after: string }): Run[] {
  const runs = text === "" ? [] : (JSON.parse(text) as Run[]);
  const last = runs.at(-1);
  const throttled = throttledShare(cpu.before, cpu.after);
  if (last && throttled !== undefined) {
    last.measurement.throttled = Math.round(throttled * 1000) / 1000;
  }
  return runs;
}

/** What comes next; the same for each of k6's virtual users, so it looks at no clock. */
export function nextTask(plan: Plan, runs: Run[]): Task {
  const { load, duration, warmUp = 0 } = plan;
  if (load.scenario === "Capacity") return capacityTask(load, duration, runs);
  const [run] = runs;
  if (run) return { kind: "end", measurement: run.measurement };
  if (load.scenario === "Script") return { kind: "script", path: load.path };
  return { kind: "load", load, duration, warmUp, virtualUsers: virtualUsers(load) };
}

/**
 * A virtual user has one request in flight, so there are enough for a stall of three seconds, which
 * has to show in the latency. All are there from the start: k6 drops an iteration whenever it has
 * to add one.
 */
function virtualUsers(load: Users | Rate): number {
  return load.scenario === "Users" ? load.users : Math.min(Math.max(3 * load.rate, 50), 1000);
}
