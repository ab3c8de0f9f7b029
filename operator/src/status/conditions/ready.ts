import { reasons } from "../../api/reasons.ts";
import { available } from "../../state/observed.ts";
import { no, yes, type Check, type CheckInput } from "./check.ts";

/** Whether the serving revision has the pods that it should have. */
export const ready: Check[] = [
  // First, because a model that answers is ready also while its next revision fails.
  replicasAvailable,
  scaledToZero,
  stalled,
  waitingToApply,
  replicasMissing,
  // After the replicas: a pause changes nothing about a revision that serves.
  pausedBeforeFirstRevision,
  firstRevisionComingUp,
];

function replicasAvailable({ observed, plan: { rollout, wanted } }: CheckInput) {
  const { serving } = rollout;
  if (serving === undefined || wanted === 0) return undefined;
  const count = available(observed, serving);
  if (count === 0 || count < wanted) return undefined;
  const message = `revision ${serving}: ${count}/${Math.max(count, wanted)} replicas are available`;
  return yes(reasons.Serving, message);
}

function scaledToZero({ plan: { rollout, wanted } }: CheckInput) {
  if (rollout.serving === undefined || wanted > 0) return undefined;
  return yes(reasons.ScaledToZero, "scaled to 0 replicas; requests are not answered");
}

function stalled({ problems }: CheckInput) {
  return problems.stalled && no(problems.stalled.reason, problems.stalled.message);
}

function waitingToApply({ applyError }: CheckInput) {
  return applyError && no(applyError.reason, applyError.message);
}

function replicasMissing({ problems }: CheckInput) {
  return problems.replicas && no(problems.replicas.reason, problems.replicas.message);
}

function pausedBeforeFirstRevision({ model }: CheckInput) {
  if (!model.spec.paused) return undefined;
  return no(reasons.Paused, "spec.paused is true and no revision receives traffic yet");
}

function firstRevisionComingUp() {
  return no(reasons.RollingOut, "no revision receives traffic yet");
}
