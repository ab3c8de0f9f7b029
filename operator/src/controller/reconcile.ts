import { lookAgain, outcome } from "./requeue.ts";
import type { Outcome } from "./requeue.ts";
import { isDeepStrictEqual } from "node:util";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Cluster } from "../apply/applier.ts";
import { Stalled, Waiting } from "../diagnosis/errors.ts";
import { events } from "../status/events.ts";
import type { Installation } from "../resources/installation.ts";
import { isConflict } from "../kube/errors.ts";
import type { Observed } from "../state/observed.ts";
import { plan, startingJob, type Plan } from "../plan/plan.ts";
import { status } from "../status/status.ts";

/** What a pass works with. */
export interface Context {
  cluster: Cluster;
  installation: Installation;
  now: () => Date;
}

/** Makes a ModelDeployment true, as far as it can be at this moment, and says so in its status. */
export async function reconcile(model: ModelDeployment, context: Context): Promise<Outcome> {
  const { cluster, now } = context;
  const observed = await cluster.observe(model);
  const time = now();
  const decided = claimed(model, observed, { ...context, time });
  const applyError = await errorOf(cluster.apply(model, decided));
  const { action } = decided.enrichment;
  const enrichmentError = await errorOf(cluster.enrich(model, action));
  const pass = { model, observed, plan: decided, applyError, enrichmentError, now: time };
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

type StepError = Stalled | Waiting | undefined;

async function errorOf(applied: Promise<void>): Promise<StepError> {
  try {
    await applied;
    return undefined;
  } catch (error) {
    if (error instanceof Stalled || error instanceof Waiting) return error;
    throw error;
  }
}
