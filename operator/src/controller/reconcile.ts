import { isDeepStrictEqual } from "node:util";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Applier } from "../apply/applier.ts";
import type { BenchmarkSlots } from "../apply/benchmark-slots.ts";
import { isConflict } from "../kube/errors.ts";
import type { Observer } from "../observe/observer.ts";
import { plan, startingJob, type Plan } from "../plan/plan.ts";
import type { Installation } from "../resources/installation.ts";
import type { Answers, Children, Observed } from "../state/observed.ts";
import { events } from "../status/events.ts";
import { status } from "../status/status.ts";
import { afterConflict, requeue, type PassResult } from "./requeue.ts";

/** What a pass works with. */
export interface Context {
  observer: Pick<Observer, "observe">;
  applier: Pick<Applier, "apply" | "applyStatus" | "record">;
  slots: Pick<BenchmarkSlots, "others" | "take">;
  installation: Installation;
  now: () => Date;
}

/**
 * One pass: makes what a ModelDeployment asks for true, as far as that is possible at this moment,
 * and writes its status.
 *
 * @throws ApiError or ConnectionError when the pass is to be repeated
 */
export async function reconcile(model: ModelDeployment, context: Context): Promise<PassResult> {
  const { observer, applier } = context;
  const seen = await observer.observe(model);
  const now = context.now();
  const decision = decide(model, seen, { ...context, time: now });
  const outcome = await applier.apply(model, decision.plan);
  const pass = { model, ...decision, outcome, now };
  const after = status(pass);
  try {
    if (!isDeepStrictEqual(after, model.status)) await applier.applyStatus(model, after);
  } catch (error) {
    if (!isConflict(error)) throw error;
    return afterConflict;
  }
  applier.record(model, events({ ...pass, after }));
  return requeue(pass);
}

/**
 * The plan, and what it was made from. Nothing else runs between the look at the slots and the claim
 * of one, so two passes never take the same slot.
 */
function decide(
  model: ModelDeployment,
  seen: Children & Answers,
  { slots, installation, time }: Context & { time: Date },
): { plan: Plan; observed: Observed } {
  const othersMeasured = model.spec.benchmark ? slots.others(model) : 0;
  const observed = { ...seen, othersMeasured };
  const decided = plan(model, observed, { ...installation, now: time });
  const job = startingJob(decided);
  if (job) slots.take(model, job);
  return { plan: decided, observed };
}
