import type { ModelDeployment } from "../../api/model-deployment.ts";
import { reasons } from "../../api/reasons.ts";
import { benchmarkAnnotation, latestEntry } from "../../benchmark/triggers.ts";
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
  const { state } = benchmark.activity;
  if (!wasMeasured(model, benchmark.subject) || state === "idle") return undefined;
  const isMeasured = state === "starting" || state === "running";
  const next = `revision ${rollout.serving} is ${isMeasured ? "being measured" : "next"}`;
  return no(reasons.Stale, `what was measured is not what serves; ${next}`);
}

function running({ plan: { benchmark, rollout } }: CheckInput) {
  const { state } = benchmark.activity;
  if (state !== "starting" && state !== "running") return undefined;
  return no(reasons.Running, `revision ${rollout.serving} is being measured`);
}

function queued({ plan: { benchmark } }: CheckInput) {
  if (benchmark.activity.state !== "queued") return undefined;
  const { others } = benchmark.activity;
  const models = others === 1 ? "another model is" : `${others} other models are`;
  return no(reasons.Queued, `${models} being measured; this one's turn comes`);
}

function waiting({ plan: { benchmark } }: CheckInput) {
  if (benchmark.activity.state !== "waiting") return undefined;
  const { reason, message } = benchmark.activity.problem;
  return no(reason, message);
}

function invalid({ model, plan: { benchmark } }: CheckInput) {
  const past = benchmark.ended?.past ?? latestEntry(model, benchmark.subject ?? "");
  if (!past || past.outcome === "Valid") return undefined;
  const { name, namespace } = model.metadata;
  const again = `kubectl annotate mdep/${name} -n ${namespace} ${benchmarkAnnotation}=now`;
  const remedy = `there is no figure; to measure again, run: ${again}`;
  return no(past.outcome, `${past.message}; ${remedy}`);
}

function staleWithoutNextRun({ plan: { rollout } }: CheckInput) {
  const next = `revision ${rollout.serving} is next`;
  return no(reasons.Stale, `what was measured is not what serves; ${next}`);
}

/** The last measurement that came to an end was valid, of something. */
function wasMeasured(model: ModelDeployment, subject = ""): boolean {
  const past = model.status?.history?.filter(({ outcome }) => outcome !== reasons.RevisionChanged);
  return (
    past?.find((one) => one.trigger !== "Gate" || one.subject === subject)?.outcome === "Valid"
  );
}
