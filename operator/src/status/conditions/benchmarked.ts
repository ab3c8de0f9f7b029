import type { ModelDeployment } from "../../api/model-deployment.ts";
import { reasons } from "../../api/reasons.ts";
import type { Blocker } from "../../benchmark/run.ts";
import { benchmarkAnnotation, latestEntry, latestOf } from "../../benchmark/triggers.ts";
import { no, yes, type Check, type CheckInput } from "./check.ts";

/** Whether the status has a result that is true of the serving revision. */
export const benchmarked: Check[] = [
  // First, because a result stays true while the next one is being measured.
  measured,
  notRequested,
  // Before the states of the next run: why there is no result any more matters more.
  stale,
  running,
  queued,
  waiting,
  // After the next run's states: an invalid run is old news once another one is on its way.
  invalid,
  staleWithoutNextRun,
];

function measured({ plan: { benchmark } }: CheckInput) {
  if (!benchmark.figures) return undefined;
  const { p95, requests, rps, revision } = benchmark.figures;
  const message = `P95 ${p95} over ${requests} requests at ${rps}/s to revision ${revision}`;
  return yes(reasons.Measured, message);
}

function notRequested({ plan: { benchmark } }: CheckInput) {
  if (benchmark.activity.state !== "unwanted") return undefined;
  return no(reasons.NotRequested, "spec.benchmark is not set");
}

function stale({ model, plan: { benchmark, rollout } }: CheckInput) {
  const { activity } = benchmark;
  if (!wasMeasured(model, benchmark.subject) || activity.state === "idle") return undefined;
  const isMeasured = activity.state === "measuring" && activity.run.state !== "queued";
  const next = `revision ${rollout.serving} is ${isMeasured ? "being measured" : "measured next"}`;
  return no(reasons.Stale, `the last result is no longer valid; ${next}`);
}

function running({ plan: { benchmark, rollout } }: CheckInput) {
  const { activity } = benchmark;
  if (activity.state !== "measuring" || activity.run.state === "queued") return undefined;
  return no(reasons.Running, `revision ${rollout.serving} is being measured`);
}

function queued({ plan: { benchmark } }: CheckInput) {
  const { activity } = benchmark;
  if (activity.state !== "measuring" || activity.run.state !== "queued") return undefined;
  return queuedBehind(activity.run.behind);
}

function queuedBehind(behind: Blocker) {
  if (behind.kind === "enrichmentWorkers") {
    return no(reasons.Waiting, "waiting for the enrichment workers to end");
  }
  if (behind.kind === "ownGenerator") {
    return no(reasons.Waiting, "waiting for the previous benchmark to end");
  }
  const benchmarks = behind.count === 1 ? "benchmark" : "benchmarks";
  return no(reasons.Queued, `queued behind ${behind.count} other ${benchmarks}`);
}

function waiting({ plan: { benchmark } }: CheckInput) {
  if (benchmark.activity.state !== "waiting") return undefined;
  const { reason, message } = benchmark.activity.problem;
  return no(reason, message);
}

function invalid({ model, plan: { benchmark } }: CheckInput) {
  const entry = benchmark.completed?.entry ?? latestEntry(model, benchmark.subject ?? "");
  if (!entry || entry.outcome === "Valid") return undefined;
  const { name, namespace } = model.metadata;
  const again = `kubectl annotate mdep/${name} -n ${namespace} ${benchmarkAnnotation}=now`;
  const remedy = `no result; to run the benchmark again: ${again}`;
  return no(entry.outcome, `${entry.message}; ${remedy}`);
}

function staleWithoutNextRun({ plan: { rollout } }: CheckInput) {
  const next = `revision ${rollout.serving} is measured next`;
  return no(reasons.Stale, `the last result is no longer valid; ${next}`);
}

/** The last run that came to an end was valid, of something. */
function wasMeasured(model: ModelDeployment, subject = ""): boolean {
  const entries = model.status?.history?.filter(
    ({ outcome }) => outcome !== reasons.RevisionChanged,
  );
  return latestOf(entries, subject)?.outcome === "Valid";
}
