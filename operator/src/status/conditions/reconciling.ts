import { reasons } from "../../api/reasons.ts";
import { no, yes, type Check, type CheckInput } from "./check.ts";
import { rolloutSuffix } from "./problems.ts";

/** Whether the operator is still changing something, or waits for what it changed. */
export const reconciling: Check[] = [
  // First, because nothing else goes on while the operator may change nothing.
  paused,
  // Before the waits: kstatus reads a resource as failed only while it is not Reconciling.
  stalled,
  waitingToApply,
  candidateBeingMeasured,
  candidateComingUp,
  replicasMissing,
  settled,
];

function paused({ model, plan: { rollout } }: CheckInput) {
  if (!model.spec.paused) return undefined;
  const { desired, serving } = rollout;
  if (desired === serving) return no(reasons.Paused, "spec.paused is true");
  const message = `spec.paused is true; revision ${desired} is rolled out once it is false`;
  return yes(reasons.Paused, message);
}

function stalled({ problems }: CheckInput) {
  return problems.stalled && no(problems.stalled.reason, problems.stalled.message);
}

function waitingToApply({ applyError }: CheckInput) {
  return applyError && yes(applyError.reason, applyError.message);
}

function candidateBeingMeasured(input: CheckInput) {
  const { gate, rollout } = input.plan;
  const { candidate } = rollout;
  if (candidate === undefined || gate?.state !== "measuring") return undefined;
  if (gate.run.state === "queued") {
    const message = `revision ${candidate} waits for another benchmark to finish`;
    return yes(reasons.Queued, `${message}${rolloutSuffix(input)}`);
  }
  const message = `revision ${candidate} is being measured before it receives traffic`;
  return yes(reasons.Measuring, `${message}${rolloutSuffix(input)}`);
}

function candidateComingUp({ problems }: CheckInput) {
  return problems.rollout && yes(reasons.RollingOut, problems.rollout.message);
}

function replicasMissing({ problems }: CheckInput) {
  return problems.replicas && yes(reasons.ReplicasUnavailable, problems.replicas.message);
}

function settled() {
  return no(reasons.Settled, "everything matches the spec");
}
