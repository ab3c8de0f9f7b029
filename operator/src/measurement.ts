import type { Measurement, Plan } from "../../benchmarks/contract.ts";
import { reasons, type Figures, type Finding } from "./api.ts";
import type { Job, Pod } from "./observed.ts";
import { isTrue } from "./observed.ts";
import { replicasAnnotation, sinceAnnotation } from "./resources/benchmark-job.ts";
import { latency, rate } from "./units.ts";

/** Smallest part of a rate that counts as reached. */
const reached = 0.95;

/** Exit code of a process that was ended by SIGKILL. */
const killed = 137;

/** A finished benchmark and what it was about. */
export interface Run {
  job: Job;
  /** Undefined when it is gone. */
  pod: Pod | undefined;
  /** What the benchmark was told. */
  plan: Pick<Plan, "duration" | "load">;
  scenarioHash: string;
  revision: string;
  /** Since when the revision has the traffic, or tries to get it, as the status says now. */
  since: string | undefined;
}

/** Valid figures, or why there are none. */
export type Verdict = { figures: Figures } | { invalid: Finding };

/** Whether a Job has come to its end, one way or the other. */
export function isFinished(job: Job): boolean {
  const conditions = job.status?.conditions ?? [];
  return conditions.some(isTrue("Complete")) || conditions.some(isTrue("Failed"));
}

/** The pod of a benchmark, among others. */
export function benchmarkPod(job: Job, pods: Pod[]): Pod | undefined {
  return pods.find(({ metadata }) =>
    metadata?.ownerReferences?.some(({ uid }) => uid === job.metadata?.uid),
  );
}

/** A Job has come to its end, and its pod is not known to have. */
export function lacksResult(job: Job, pods: Pod[]): boolean {
  return isFinished(job) && !terminated(benchmarkPod(job, pods));
}

/** Figures that are true, or the reason why there are none; nothing in between. */
export function judge(run: Run): Verdict {
  const ended = generatorTrouble(run);
  if (ended) return { invalid: ended };
  const measurement = parse(terminated(run.pod)?.message);
  if (!measurement) return { invalid: unreadable(terminated(run.pod)?.message) };
  for (const check of checks) {
    const invalid = check(measurement, run);
    if (invalid) return { invalid };
  }
  return { figures: figures(measurement, run) };
}

/** The measurement in a termination message; undefined when it is anything else. */
export function parse(message: string | undefined): Measurement | undefined {
  let value: unknown;
  try {
    value = JSON.parse(message ?? "");
  } catch {
    return undefined;
  }
  return isMeasurement(value) ? value : undefined;
}

type Check = (measurement: Measurement, run: Run) => Finding | undefined;

const checks: Check[] = [
  function changed(_measurement, { job, since, revision }) {
    if (job.metadata?.annotations?.[sinceAnnotation] === since) return undefined;
    const message = `another revision than ${revision} served in between`;
    return { reason: reasons.RevisionChanged, message };
  },

  function empty({ requests }) {
    if (requests > 0) return undefined;
    return { reason: reasons.NoRequests, message: "no request came to an end" };
  },

  function failed({ requests, errors, latency, commonestFailure }) {
    if (errors < requests && latency) return undefined;
    const message = `all ${requests} requests failed${because(commonestFailure)}`;
    return { reason: reasons.EveryRequestFailed, message };
  },

  function wrong({ requests, failedChecks, commonestFailure }) {
    if (failedChecks === 0) return undefined;
    const message = `${failedChecks} of ${requests} answers were wrong${because(commonestFailure)}`;
    return { reason: reasons.WrongAnswers, message };
  },

  function dropped({ dropped }, { plan: { load } }) {
    if (load.scenario !== "Rate" || dropped === 0) return undefined;
    const message = `${dropped} requests of the ${load.rate}/s could not be started in time`;
    return { reason: reasons.DroppedIterations, message };
  },

  function slow({ requests }, { plan: { duration, load } }) {
    if (load.scenario !== "Rate" || requests >= reached * load.rate * duration) return undefined;
    const sent = rate(requests / duration);
    const message = `the rate was ${sent}/s, less than 95% of ${load.rate}/s`;
    return { reason: reasons.RateNotReached, message };
  },
];

function generatorTrouble({ job, pod }: Run): Finding | undefined {
  const failed = job.status?.conditions?.find(isTrue("Failed"));
  if (failed?.reason === "DeadlineExceeded") {
    const message = `k6 did not end within ${job.spec?.activeDeadlineSeconds} s`;
    return { reason: reasons.GeneratorKilled, message };
  }
  const end = terminated(pod);
  if (!end) {
    return { reason: reasons.GeneratorKilled, message: "the pod of k6 is gone without a result" };
  }
  if (end.reason === "OOMKilled" || end.exitCode === killed) {
    const message = `k6 was killed (${end.reason ?? "Error"}, exit code ${end.exitCode})`;
    return { reason: reasons.GeneratorKilled, message };
  }
  if (end.exitCode === 0) return undefined;
  const message = `k6 ended with exit code ${end.exitCode}${because(end.message)}`;
  return { reason: reasons.GeneratorFailed, message };
}

function terminated(pod: Pod | undefined) {
  return pod?.status?.containerStatuses?.find(({ name }) => name === "k6")?.state?.terminated;
}

function unreadable(message: string | undefined): Finding {
  const left = message ? `not a measurement: ${shortened(message)}` : "nothing";
  return { reason: reasons.UnreadableMeasurement, message: `k6 left ${left}` };
}

function figures(measurement: Measurement, run: Run): Figures {
  // The checks have passed, so some request was answered and has a latency.
  const { p50, p95, p99 } = measurement.latency!;
  const replicas = Number(run.job.metadata?.annotations?.[replicasAnnotation]);
  return {
    revision: run.revision,
    scenarioHash: run.scenarioHash,
    loadModel: run.plan.load.scenario === "Rate" ? "open" : "closed",
    p50: latency(p50),
    p95: latency(p95),
    p99: latency(p99),
    rps: rate(measurement.rps),
    requests: measurement.requests,
    errors: measurement.errors,
    ...(Number.isSafeInteger(replicas) && { replicas }),
    startedAt: measurement.startedAt,
    finishedAt: measurement.finishedAt,
  };
}

function because(words: string | undefined): string {
  return words ? `: ${shortened(words)}` : "";
}

/** The words come from a pod: one line of printable characters, and not too many. */
function shortened(words: string): string {
  const line = words.replaceAll(/[^\P{C}]+|\s+/gu, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function isMeasurement(value: unknown): value is Measurement {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  const { requests, errors } = fields;
  return (
    ["requests", "errors", "failedChecks", "dropped"].every((name) => isCount(fields[name])) &&
    Number(errors) <= Number(requests) &&
    isNumber(fields["rps"]) &&
    (fields["latency"] === undefined || isLatency(fields["latency"])) &&
    ["undefined", "string"].includes(typeof fields["commonestFailure"]) &&
    isTime(fields["startedAt"]) &&
    isTime(fields["finishedAt"])
  );
}

function isLatency(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { p50, p95, p99 } = value as Record<string, unknown>;
  if (!isNumber(p50) || !isNumber(p95) || !isNumber(p99)) return false;
  return p50 > 0 && p50 <= p95 && p95 <= p99;
}

const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTime = (value: unknown) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value) &&
  !Number.isNaN(Date.parse(value));
