import { isTerminated } from "../state/pods.ts";
import { exitCodes } from "../../../server/src/contract/fetch.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { isUnservable } from "../../../server/src/contract/ops.ts";
import { problem as problemSchema } from "../../../server/src/contract/problem.ts";
import { readJson } from "../../../server/src/contract/read-json.ts";
import type { EndReason } from "../../../server/src/contract/serve.ts";
import { logLine } from "../../../server/src/contract/log.ts";
import { deploymentOf, isReady, podsOf, type Observed } from "../state/observed.ts";
import { isTrue, nameOf, type Pod } from "../kube/objects.ts";
import { withRemedy } from "./remedies.ts";
import { initContainers, modelFolder, modelVolume } from "../resources/model-source.ts";

type ContainerStatus = NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number];

/**
 * Why the pods of a revision are not ready, in Kubernetes' and the server's own words. What swings
 * between two states (an image that is pulled and backed off, a server that ends and is started)
 * always reads the same, so that the status does not swing with it.
 */
export function diagnose(observed: Observed, revision: string): Problem | undefined {
  const found =
    imageVolumeDropped(observed, revision) ??
    readinessProblem(observed, revision) ??
    deploymentProblem(observed, revision) ??
    overdueWithoutReason(observed, revision);
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

function readinessProblem(observed: Observed, revision: string): Problem | undefined {
  const pods = podsOf(observed, revision).filter((pod) => !isReady(pod));
  // A pod that was evicted stays, and another one takes its place.
  const current = pods.filter((pod) => !isTerminated(pod));
  for (const pod of [...current, ...pods.filter(isTerminated)]) {
    const problem = podProblem(pod) ?? serverNotReady(pod, observed);
    if (problem) return problem;
  }
  return undefined;
}

/** The first problem among these pods, with its remedy. */
export function diagnosePods(pods: Pod[]): Problem | undefined {
  for (const pod of pods) {
    const problem = podProblem(pod);
    if (problem) return withRemedy(problem);
  }
  return undefined;
}

function podProblem(pod: Pod): Problem | undefined {
  return podFailed(pod) ?? notScheduled(pod) ?? containerProblem(pod);
}

/**
 * An API server without image volumes leaves them out without a word, so the server looks for its
 * model in a folder that is not there.
 */
function imageVolumeDropped(observed: Observed, revision: string): Problem | undefined {
  const spec = deploymentOf(observed, revision)?.spec?.template.spec;
  const [container] = spec?.containers ?? [];
  const path = container?.env?.find(({ name }) => name === "MODEL_PATH")?.value ?? "";
  const isThere = spec?.volumes?.some(({ name }) => name === modelVolume) ?? false;
  return path.startsWith(`${modelFolder}/`) && !isThere ? imageVolumesUnsupported : undefined;
}

const imageVolumesUnsupported: Problem = {
  reason: reasons.ImageVolumesUnsupported,
  message:
    "this cluster cannot mount an image as a volume; spec.model.image needs Kubernetes 1.35 or " +
    "newer (or the feature gate ImageVolume on API server and kubelet), and containerd 2 or " +
    "CRI-O on the nodes; upgrade, or use another model source",
};

function deploymentProblem(observed: Observed, revision: string): Problem | undefined {
  const conditions = deploymentOf(observed, revision)?.status?.conditions ?? [];
  const failure = conditions.find(isTrue("ReplicaFailure"));
  if (!failure) return undefined;
  // Each try has a pod of another name.
  const message = failure.message?.replace(/^pods "[^"]*" is forbidden/, "a pod is forbidden");
  return { reason: failure.reason ?? reasons.FailedCreate, message: message ?? "" };
}

/** Pods that have been starting for too long; only their Events say what they wait for. */
function overdueWithoutReason(observed: Observed, revision: string): Problem | undefined {
  const [pod] = isOverdue(observed, revision) ? podsOf(observed, revision) : [];
  if (!pod || isReady(pod)) return undefined;
  const describe = `kubectl describe pod ${nameOf(pod)} -n ${pod.metadata?.namespace}`;
  const message = `the pod gives no reason; run: ${describe}`;
  return { reason: reasons.ProgressDeadlineExceeded, message };
}

/** The kubelet terminated the whole pod, for example because it used too much of the disk. */
function podFailed({ status }: Pod): Problem | undefined {
  if (status?.phase !== "Failed" || !status.reason) return undefined;
  return { reason: status.reason, message: status.message || "the kubelet terminated the pod" };
}

function notScheduled(pod: Pod): Problem | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (condition?.status !== "False") return undefined;
  // What pre-emption would not help says nothing about the pod.
  const words = condition.message?.replace(/\.? (no new claims .*)?preemption: .*$/, "");
  return { reason: reasons.Unschedulable, message: words ?? "no node can run the pod" };
}

/** One container waits for the other, so the first one with a problem has the cause. */
function containerProblem(pod: Pod): Problem | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const undone = initContainerStatuses.filter(({ state }) => state?.terminated?.exitCode !== 0);
  for (const container of [...undone, ...containerStatuses]) {
    const problem = containerTerminated(container) ?? containerWaiting(container, pod);
    if (problem) return problem;
  }
  return undefined;
}

/** The container failed at least once; its termination message has the cause. */
function containerTerminated({ name, state, lastState }: ContainerStatus): Problem | undefined {
  const end = state?.terminated ?? lastState?.terminated;
  if (!end) return undefined;
  const what = `${title(name)} exited with code ${end.exitCode}`;
  if (end.reason === "OOMKilled") {
    return { reason: reasons.OOMKilled, message: `${what}, out of memory` };
  }
  const { words, remedy } = terminationMessage(end.message, name);
  const reason = preparation(name, end.exitCode);
  if (reason && words) return { reason, message: words };
  const otherwise = isPreparation(name) ? reasons.ModelFetchFailed : reasons.CrashLoopBackOff;
  return { reason: otherwise, message: words ? `${what}: ${words}${remedy}` : what };
}

function title(name: string): string {
  return name === "server" ? "the server" : `the container ${name}`;
}

function isPreparation(name: string): boolean {
  return name === initContainers.fetch || name === initContainers.verify;
}

/** What the exit code of a container says that fetches or verifies the model. */
function preparation(name: string, exitCode: number): string | undefined {
  if (!isPreparation(name)) return undefined;
  return Object.entries(exitCodes).find(([, code]) => code === exitCode)?.[0];
}

/** The container cannot be started. */
function containerWaiting({ name, image, state }: ContainerStatus, pod: Pod): Problem | undefined {
  const { reason, message = "" } = state?.waiting ?? {};
  if (!reason || reason === "ContainerCreating" || reason === "PodInitializing") return undefined;
  if (reason === "ErrImagePull" || reason === "ImagePullBackOff")
    return imageNotPulled(image, message);
  if (reason === "CreateContainerError" && /failed to mkdir "":/.test(message))
    return imageVolumesUnsupported;
  const words = message.replaceAll(/ ?"[0-9a-f]{64}"/g, "");
  const remedy = /^secret "|in Secret /.test(words) ? `; ${createSecret(words, pod)}` : "";
  return { reason, message: words ? words + remedy : `${title(name)} cannot be started` };
}

/** The command that creates the Secret that is missing according to the kubelet. */
function createSecret(words: string, { metadata }: Pod): string {
  const [, secret] = /^secret "([^"]+)"|in Secret \S+\/(\S+)/.exec(words)?.filter(Boolean) ?? [];
  const [, key = "KEY"] = /find key (\S+)/.exec(words) ?? [];
  return `run: kubectl create secret generic ${secret} -n ${metadata?.namespace} --from-literal=${key}=VALUE`;
}

/**
 * The kubelet backs off and tries again in turns; only the last cause is told. It is also told of a
 * container whose volume is an image, and the cause then names that one.
 */
function imageNotPulled(container: string, message: string): Problem {
  const [backOff = "", name] = /^Back-off pulling image "([^"]*)"(?:: )?/.exec(message) ?? [];
  const cause = message
    .slice(backOff.length)
    .replace(/^ErrImagePull: /, "")
    // The port of an attempt is another one each time.
    .replace(/(read|write) \w+ \S+->\S+: /, "");
  const [, cited] = /image "([^"]+)"/.exec(cause) ?? [];
  const tail = cause ? `: ${cause}` : "";
  const image = cited ?? name ?? container;
  return { reason: reasons.ImagePullBackOff, message: `image ${image} cannot be pulled${tail}` };
}

/** Why the server says that it is not ready; its reason where it will not get ready by itself. */
function serverNotReady(pod: Pod, observed: Observed): Problem | undefined {
  const problem = observed.unready.get(nameOf(pod));
  if (!problem || isUnservable(problem.reason)) return problem;
  return { reason: reasons.NotReady, message: `the server is not ready: ${problem.message}` };
}

/**
 * What a container says at its end: a problem of our own programs, or the last line that the kubelet
 * took from its log.
 */
function terminationMessage(
  message: string | undefined,
  name: string,
): { words: string; remedy: string } {
  const line = message?.trim().split("\n").at(-1) ?? "";
  const problem = readJson(problemSchema, line);
  const invalid: EndReason = "InvalidSettings";
  const isOfSettings = name === "server" && problem?.reason === invalid;
  return {
    words: problem?.message ?? logMessage(line).slice(0, 600),
    remedy: isOfSettings ? "; correct spec.server.env" : "",
  };
}

/** The sentence of a log line in JSON and what is behind it; other lines as they are. */
function logMessage(line: string): string {
  const found = readJson(logLine, line);
  if (!found) return line;
  return [found.msg, found.err?.message].filter((part) => part !== undefined).join(": ");
}
