import { isDeepStrictEqual } from "node:util";
import type { ModelDeployment } from "../api/model-deployment.ts";
import { attempt } from "../rollout/attempt.ts";
import type { Cluster } from "../apply/applier.ts";
import { nextScheduled } from "../benchmark/triggers.ts";
import { Stalled, Waiting } from "../diagnosis/errors.ts";
import { events } from "../status/events.ts";
import type { Installation } from "../resources/installation.ts";
import { isConflict } from "../kube/errors.ts";
import type { Observed } from "../state/observed.ts";
import { plan, startingJob, type Plan } from "../plan/plan.ts";
import { status, type Pass } from "../status/status.ts";

/** What a pass works with. */
export interface Context {
  cluster: Cluster;
  installation: Installation;
  now: () => Date;
}

/** How a pass ended, and in how many milliseconds to look again although nothing happens. */
export interface Outcome {
  result: "done" | "waiting" | "stalled";
  requeueAfter?: number;
  /** It has to wait until another model has been measured. */
  isQueued?: true;
}

/** Milliseconds after which to look at what cannot be watched. */
const lookAgain = {
  /** The resource changed in mid-pass; the news is on its way. */
  conflict: 1_000,
  /** A known wait. */
  waiting: 5_000,
  /** The end of another model's measurement calls for a pass as well. */
  queued: 60_000,
  /** A person has to do something, perhaps to an object that carries no label of ours. */
  stalled: 30_000,
  /** ConfigMaps are not watched, so that the operator needs no right to list them. */
  configMap: 60_000,
};

/** Makes a ModelDeployment true, as far as it can be at this moment, and says so in its status. */
export async function reconcile(model: ModelDeployment, context: Context): Promise<Outcome> {
  const { cluster, now } = context;
  const observed = await cluster.observe(model);
  const time = now();
  const decided = claimed(model, observed, { ...context, time });
  const hindrance = await hindranceOf(cluster.apply(model, decided));
  const { deed } = decided.enrichment;
  const idleness = await hindranceOf(cluster.enrich(model, deed));
  const pass = { model, observed, plan: decided, hindrance, idleness, now: time };
  const after = status(pass);
  try {
    if (!isDeepStrictEqual(after, model.status)) await cluster.applyStatus(model, after);
  } catch (error) {
    if (!isConflict(error)) throw error;
    return { result: "waiting", requeueAfter: lookAgain.conflict };
  }
  cluster.record(model, events({ ...pass, after }));
  return outcome(pass);
}

/** The plan; where it was to start a measurement and others have been faster, one without it. */
function claimed(
  model: ModelDeployment,
  observed: Observed,
  { cluster, installation, time }: Context & { time: Date },
): Plan {
  const means = { ...installation, now: time };
  const first = plan(model, observed, means);
  const job = startingJob(first);
  if (!job || cluster.claim(model, job)) return first;
  return plan(model, { ...observed, othersMeasured: cluster.othersMeasured(model) }, means);
}

type Hindrance = Stalled | Waiting | undefined;

async function hindranceOf(applied: Promise<void>): Promise<Hindrance> {
  try {
    await applied;
    return undefined;
  } catch (error) {
    if (error instanceof Stalled || error instanceof Waiting) return error;
    throw error;
  }
}

function outcome(pass: Pass): Outcome {
  const { model, observed, hindrance, idleness } = pass;
  if ((hindrance ?? idleness) instanceof Waiting) {
    return { result: "waiting", requeueAfter: lookAgain.waiting };
  }
  if (hindrance || observed.source.problem) {
    return { result: "stalled", requeueAfter: lookAgain.stalled };
  }
  const again = Math.min(
    untilDeadline(pass),
    untilScheduled(pass),
    pass.plan.enrichment.again ?? Infinity,
    idleness ? lookAgain.stalled : Infinity,
    isQueued(pass) ? lookAgain.queued : Infinity,
    readsConfigMap(model) ? lookAgain.configMap : Infinity,
  );
  return {
    result: "done",
    ...(again < Infinity && { requeueAfter: again }),
    ...(isQueued(pass) && { isQueued: true }),
  };
}

function readsConfigMap({ spec }: ModelDeployment): boolean {
  return (spec.model.configMap ?? spec.enrichment?.model.configMap) !== undefined;
}

function isQueued({ plan: { benchmark, gate } }: Pass): boolean {
  return [benchmark.activity, gate].some((one) => one?.state === "queued" && one.others > 0);
}

/** Milliseconds until the schedule is due; for ever where there is none. */
function untilScheduled({ model, plan: { benchmark }, now }: Pass): number {
  if (benchmark.activity.state !== "idle" || benchmark.subject === undefined) return Infinity;
  const next = nextScheduled(model, benchmark.subject);
  return next ? Math.max(0, next.getTime() - now.getTime()) : Infinity;
}

/** Milliseconds until a candidate is refused unless it is ready; for ever where there is none. */
function untilDeadline({ model, plan: { gate, rollout }, now }: Pass): number {
  if (gate?.state !== "waiting") return Infinity;
  return Math.max(0, attempt(model, rollout.candidate).deadline - now.getTime());
}
