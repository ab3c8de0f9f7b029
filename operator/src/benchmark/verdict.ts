import { terminated } from "../state/jobs.ts";
import type { Latency, Measurement, Plan } from "../../../benchmarks/contract.ts";
import { readJson } from "../../../server/src/contract/read-json.ts";
import { measurementSchema } from "./measurement-schema.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { isTrue, type Job, type Pod } from "../kube/objects.ts";
import { percent, rate } from "../api/units.ts";

/** Smallest part of a rate that counts as reached. */
const minRateShare = 0.95;

/** Largest share of its time in which a generator that waits for CPU still measures the model. */
const maxThrottledShare = 0.02;

/** Exit code of a process that was ended by SIGKILL. */
const sigkillExitCode = 137;

/** A finished benchmark and what it was about. */
export interface Finished {
  job: Job;
  /** Undefined when it is gone. */
  pod: Pod | undefined;
  /** What the benchmark was told. */
  plan: Pick<Plan, "duration" | "load">;
}

/** A valid measurement, or why there is none, with what was left all the same. */
export type Verdict =
  | { measurement: Measurement & { latency: Latency } }
  | { invalid: Problem; measurement?: Measurement };

/** A measurement that is true, or the reason why there is none; nothing in between. */
export function judge(finished: Finished): Verdict {
  const problem = generatorProblem(finished);
  if (problem) return { invalid: problem };
  const left = terminated(finished.pod)?.message;
  const measurement = parse(left);
  if (!measurement) return { invalid: unreadable(left) };
  for (const check of checks) {
    const invalid = check(measurement, finished);
    if (invalid) return { invalid, measurement };
  }
  // The checks have passed, so some request was answered and has a latency.
  return { measurement: { ...measurement, latency: measurement.latency! } };
}

/** The measurement in a termination message; undefined when it is anything else. */
export function parse(message: string | undefined): Measurement | undefined {
  return readJson(measurementSchema, message ?? "") as Measurement | undefined;
}

type Check = (measurement: Measurement, finished: Finished) => Problem | undefined;

const checks: Check[] = [
  function podsRestarted({ restarts = 0 }) {
    if (restarts === 0) return undefined;
    const message = `${restarts} of the pods restarted or disappeared during the measurement`;
    return { reason: reasons.PodRestarted, message };
  },

  function generatorThrottled({ throttled = 0 }) {
    if (throttled <= maxThrottledShare) return undefined;
    const message =
      `the load generator was throttled by its CPU limit ${percent(throttled)} of the time; ` +
      "remove the limit (set by a LimitRange of the namespace?) or reduce the load";
    return { reason: reasons.GeneratorThrottled, message };
  },

  function noRequests({ requests }) {
    if (requests > 0) return undefined;
    return { reason: reasons.NoRequests, message: "no request finished" };
  },

  function everyRequestFailed({ requests, errors, latency, commonestFailure }) {
    if (errors < requests && latency) return undefined;
    const message = `all ${requests} requests failed${because(commonestFailure)}`;
    return { reason: reasons.EveryRequestFailed, message };
  },

  function wrongAnswers({ requests, failedChecks, commonestFailure }) {
    if (failedChecks === 0) return undefined;
    const message = `${failedChecks} of ${requests} answers were wrong${because(commonestFailure)}`;
    return { reason: reasons.WrongAnswers, message };
  },

  function iterationsDropped({ dropped }, { plan: { load } }) {
    if (load.scenario !== "Rate" || dropped === 0) return undefined;
    const message = `${dropped} requests at ${load.rate}/s could not be started in time`;
    return { reason: reasons.DroppedIterations, message };
  },

  function generatorLimited({ limitedBy, capacity }) {
    if (limitedBy !== "generator") return undefined;
    const message =
      `the load generator cannot send more than ${rate(capacity?.rps ?? 0)}/s, and the model ` +
      "sustained that; its capacity is higher";
    return { reason: reasons.GeneratorLimited, message };
  },

  function searchUnfinished({ limitedBy, capacity }) {
    if (limitedBy !== "time") return undefined;
    const message =
      `the capacity search had reached ${rate(capacity?.rps ?? 0)}/s when its time was up; ` +
      "raise spec.benchmark.duration";
    return { reason: reasons.SearchUnfinished, message };
  },

  function rateNotReached({ requests }, { plan: { duration, load } }) {
    if (load.scenario !== "Rate" || requests >= minRateShare * load.rate * duration)
      return undefined;
    const sent = rate(requests / duration);
    const message = `the rate was ${sent}/s, less than 95% of ${load.rate}/s`;
    return { reason: reasons.RateNotReached, message };
  },
];

function generatorProblem({ job, pod }: Finished): Problem | undefined {
  const failed = job.status?.conditions?.find(isTrue("Failed"));
  if (failed?.reason === "DeadlineExceeded") return deadlineExceeded(job);
  const end = terminated(pod);
  if (!end) {
    return { reason: reasons.GeneratorKilled, message: "the k6 pod disappeared without a result" };
  }
  if (pod?.metadata?.deletionTimestamp !== undefined && end.exitCode !== 0) {
    return { reason: reasons.GeneratorKilled, message: "the k6 pod was deleted" };
  }
  if (end.reason === "OOMKilled" || end.exitCode === sigkillExitCode) {
    const message = `k6 was killed (${end.reason ?? "Error"}, exit code ${end.exitCode})`;
    return { reason: reasons.GeneratorKilled, message };
  }
  if (end.exitCode === 0) return undefined;
  const last = end.message ? `: ${ending(end.message)}` : "";
  const message = `k6 exited with code ${end.exitCode}${last}`;
  return { reason: reasons.GeneratorFailed, message };
}

/** A Job whose pods the API server refuses, because of a limit of the namespace, has none. */
function deadlineExceeded({ metadata, spec, status }: Job): Problem {
  const limit = spec?.activeDeadlineSeconds;
  const why = `to see why it has no pod, run: kubectl describe job/${metadata?.name} -n ${metadata?.namespace}`;
  const message = status?.failed
    ? `k6 did not finish within ${limit} s`
    : `k6 did not start within ${limit} s; ${why}`;
  return { reason: reasons.GeneratorKilled, message };
}

function unreadable(message: string | undefined): Problem {
  const wrote = message
    ? `k6 wrote something other than a measurement: ${shortened(message)}`
    : "k6 wrote no result";
  return { reason: reasons.UnreadableMeasurement, message: wrote };
}

function because(words: string | undefined): string {
  return words ? `: ${shortened(words)}` : "";
}

/** The words come from a pod, so they are not too many. */
function shortened(words: string): string {
  const line = printable(words);
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** A program says last why it gives up; k6 does in its log, before it lists where that was. */
function ending(words: string): string {
  const last = words.trim().split("\n").at(-1) ?? "";
  const said = / msg=("(?:[^"\\]|\\.)*")/.exec(last)?.[1];
  if (said !== undefined) return shortened(unquoted(said).replace(/\n\s*at .*$/s, ""));
  const line = printable(words);
  return line.length > 200 ? `…${line.slice(-200)}` : line;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function printable(words: string): string {
  return words.replaceAll(/[^\P{C}]+|\s+/gu, " ").trim();
}
