/**
 * What a user's own k6 script imports, from /benchmarks/script.ts:
 *
 *   import { ask, measured } from "/benchmarks/script.ts";
 *   export { setup, teardown, handleSummary } from "/benchmarks/script.ts";
 *   export const options = measured({ vus: 3, duration: "30s" });
 *   export default function () { ask(); }
 */
import exec from "k6/execution";
import type { Options } from "k6/options";
import { recordRun } from "./journal-file.ts";
import { measurement } from "./measurement/measurement.ts";
import { measuring } from "./options.ts";
import type { Payload } from "./target/payloads.ts";
import { readPlan } from "./plan.ts";
import type { RequestShape } from "./target/request-shape.ts";
import { seconds } from "./seconds.ts";
import { metric, value, type Summary } from "./measurement/summary.ts";
import * as target from "./target/target.ts";

const plan = readPlan(__ENV["PLAN"]);
const payloads = target.payloadsOf(plan);
const started = Date.now();

/** Base address of the service, the name of the model in its paths, and seconds to measure. */
export const { url, model, duration } = plan;

/** Each virtual user has its own. */
let shape: RequestShape | undefined;
let turn: number | undefined;

/** The script's options, with what the measurement needs. */
export function measured(options: Options = {}): Options {
  // k6 reads them before there are virtual users, of which each would keep its own otherwise.
  if (__VU !== 0) return options;
  const ours = measuring(plan);
  const tags = [...(options.systemTags ?? []), ...(ours.systemTags ?? [])];
  return {
    ...options,
    ...ours,
    thresholds: { ...options.thresholds, ...ours.thresholds },
    systemTags: [...new Set(tags)],
  };
}

/** The payload that is next in turn; undefined without a file of them. */
export function payload(): Payload | undefined {
  if (payloads.length === 0) return undefined;
  // Each virtual user begins elsewhere, so that they do not all ask the same.
  turn = (turn ?? exec.vu.idInTest - 1) + 1;
  return payloads[turn % payloads.length];
}

/** One request that is measured, unless it is in the plan's warm-up. */
export function ask(given: Payload | undefined = payload()): void {
  if (!shape || shape.kind === "unknown") shape = target.detectRequestShape(plan, payloads);
  const began = firstStart() + (plan.warmUp ?? 0) * 1000;
  if (Date.now() < began) target.warm(shape, given);
  else target.ask(shape, given, { began, duration });
}

/** Waits for the service, and reads what its pods have spent so far. */
export function setup(): void {
  target.waitForRequestShape(plan, payloads);
  // What a warm-up costs would be counted as well.
  if (!plan.warmUp) target.readPods(plan, "before");
}

/** Reads what the pods have spent. */
export function teardown(): void {
  if (!plan.warmUp) target.readPods(plan, "after");
}

/** Writes the measurement. */
export function handleSummary(data: Summary): Record<string, string> {
  const problem = whyUnmeasured(data);
  if (problem) return { stderr: `${problem}\n` };
  const began = value(data, metric.began, "min");
  const whole = measurement(data, plan, began, true);
  const path = plan.load.scenario === "Script" ? plan.load.path : "";
  return recordRun({
    task: { kind: "script", path },
    measurement: whole,
    started,
    ended: Date.now(),
  });
}

function whyUnmeasured({ metrics }: Summary): string {
  const count = metrics[metric.requests]?.values["count"] ?? 0;
  if (count === 0) return "The script sent no request; it has to call ask()";
  if (metrics[metric.latency] && !("p(99)" in metrics[metric.latency]!.values)) {
    return "The script has options of its own; it has to export options = measured({…})";
  }
  return "";
}

/** When the scenario that starts first did so, in milliseconds since 1970. */
function firstStart(): number {
  const { name, startTime } = exec.scenario;
  return startTime - seconds(exec.test.options.scenarios?.[name]?.startTime ?? "0s") * 1000;
}
