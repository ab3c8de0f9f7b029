import { reasons, type Finding } from "./api.ts";
import {
  deploymentOf,
  isReady,
  isTrue,
  nameOf,
  podsOf,
  type Observed,
  type Pod,
} from "./observed.ts";
import { withRemedy } from "./remedies.ts";

type ContainerStatus = NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number];

/**
 * Why the pods of a revision are not ready, in Kubernetes' and the server's own words. What swings
 * between two states (an image that is pulled and backed off, a server that ends and is started)
 * always reads the same, so that the status does not swing with it.
 */
export function trouble(observed: Observed, revision: string): Finding | undefined {
  const found =
    podTrouble(observed, revision) ??
    deploymentTrouble(observed, revision) ??
    silence(observed, revision);
  return found && withRemedy(found);
}

/** The Deployment controller has waited long enough for the pods of a revision. */
export function isOverdue(observed: Observed, revision: string): boolean {
  const conditions = deploymentOf(observed, revision)?.status?.conditions ?? [];
  return conditions.some(
    ({ type, status, reason }) =>
      type === "Progressing" && status === "False" && reason === "ProgressDeadlineExceeded",
  );
}

function podTrouble(observed: Observed, revision: string): Finding | undefined {
  for (const pod of podsOf(observed, revision)) {
    const finding = isReady(pod)
      ? undefined
      : (unscheduled(pod) ?? containerTrouble(pod) ?? unready(pod, observed));
    if (finding) return finding;
  }
  return undefined;
}

function deploymentTrouble(observed: Observed, revision: string): Finding | undefined {
  const conditions = deploymentOf(observed, revision)?.status?.conditions ?? [];
  const failure = conditions.find(isTrue("ReplicaFailure"));
  if (!failure) return undefined;
  // Each try has a pod of another name.
  const message = failure.message?.replace(/^pods "[^"]*" is forbidden/, "a pod is forbidden");
  return { reason: failure.reason ?? reasons.FailedCreate, message: message ?? "" };
}

/** Pods that are only just being made, for too long: what holds them is told by events alone. */
function silence(observed: Observed, revision: string): Finding | undefined {
  const [pod] = isOverdue(observed, revision) ? podsOf(observed, revision) : [];
  if (!pod || isReady(pod)) return undefined;
  const describe = `kubectl describe pod ${nameOf(pod)} -n ${pod.metadata?.namespace}`;
  const message = `the pod does not say what it waits for; run: ${describe}`;
  return { reason: reasons.ProgressDeadlineExceeded, message };
}

function unscheduled(pod: Pod): Finding | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (condition?.status !== "False") return undefined;
  // What pre-emption would not help says nothing about the pod.
  const words = condition.message?.replace(/\.? (no new claims .*)?preemption: .*$/, "");
  return { reason: reasons.Unschedulable, message: words ?? "no node can take the pod" };
}

function containerTrouble(pod: Pod): Finding | undefined {
  const [container] = pod.status?.containerStatuses ?? [];
  return container && (ended(container) ?? held(container));
}

/** The server ended at least once; what it said last is the reason. */
function ended({ state, lastState }: ContainerStatus): Finding | undefined {
  const end = state?.terminated ?? lastState?.terminated;
  if (!end) return undefined;
  const reason = end.reason === "OOMKilled" ? reasons.OOMKilled : reasons.CrashLoopBackOff;
  const words = reason === reasons.OOMKilled ? moreMemory : lastWords(end.message);
  return { reason, message: `the server ended with exit code ${end.exitCode}${words}` };
}

const moreMemory = ", out of memory";

/** The container cannot even be started. */
function held({ image, state }: ContainerStatus): Finding | undefined {
  const { reason, message = "" } = state?.waiting ?? {};
  if (!reason || reason === "ContainerCreating" || reason === "PodInitializing") return undefined;
  if (reason === "ErrImagePull" || reason === "ImagePullBackOff") {
    const words = message.replace(/^Back-off pulling image "[^"]*"(: )?/, "");
    // The port of a broken connection is another one each time.
    const cause = words.replace(/^ErrImagePull: /, "").replace(/(read|write) \w+ \S+->\S+: /, "");
    const tail = cause ? `: ${cause}` : "";
    return { reason: reasons.ImagePullBackOff, message: `image ${image} cannot be pulled${tail}` };
  }
  return { reason, message: message || `the server cannot be started` };
}

function unready(pod: Pod, { unready }: Observed): Finding | undefined {
  const words = unready.get(nameOf(pod));
  if (words === undefined) return undefined;
  return {
    reason: reasons.NotReady,
    message: `the server is not ready: ${words}`,
  };
}

/**
 * The last line that a server left. Its log lines are JSON with the sentence in `msg` and what is
 * behind it in `err.message`.
 */
function lastWords(message: string | undefined): string {
  const line = message?.trim().split("\n").at(-1) ?? "";
  const words = sentence(line).slice(0, 300);
  return words ? `: ${words}` : "";
}

function sentence(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
    return [msg, err?.message].filter((part) => typeof part === "string" && part !== "").join(": ");
  } catch {
    return line;
  }
}
