/** The files through which one run of k6 tells the next one, and run.sh, what to do. */
import { SharedArray } from "k6/data";
import type { Measurement, Plan } from "../contract.ts";
import { nextTask, readJournal } from "./journal.ts";
import type { Run, Task } from "./task.ts";

const journalPath = __ENV["JOURNAL"] ?? "";
const nextPath = __ENV["NEXT"] ?? "";

/** Read once, and not by each of a thousand virtual users. */
const runs = new SharedArray("runs", () => readJournal(journal(), cpu()));

/** What this run of k6 has to do. */
export function taskOf(plan: Plan): Task {
  const [task] = new SharedArray("task", () => [nextTask(plan, readJournal(journal(), cpu()))]);
  return task!;
}

/** Files that add a run to the journal, and let the next one begin. */
export function recordRun(run: Run): Record<string, string> {
  return { [journalPath]: JSON.stringify([...runs, run]), [nextPath]: "benchmark.ts" };
}

/** Files that let a user's script run next. */
export function runScriptNext(path: string): Record<string, string> {
  return { [nextPath]: path };
}

/** Files that end the benchmark: the measurement, for the reader and for the log. */
export function writeMeasurement(measurement: Measurement): Record<string, string> {
  const text = JSON.stringify(measurement);
  const path = __ENV["MEASUREMENT_PATH"] ?? "/dev/termination-log";
  return { [path]: text, stdout: `${text}\n`, [nextPath]: "" };
}

function journal(): string {
  if (!journalPath || !nextPath) throw new Error("There is no journal; start it with run.sh");
  return open(journalPath);
}

function cpu(): { before: string; after: string } {
  return { before: __ENV["CPU_BEFORE"] ?? "", after: __ENV["CPU_AFTER"] ?? "" };
}
