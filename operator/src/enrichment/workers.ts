import { isTerminated } from "../state/pods.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { isWorker, type Observed } from "../state/observed.ts";
import { isTrue, type Job, type Pod } from "../kube/objects.ts";
import { diagnosePods } from "../diagnosis/pod-failure.ts";

/** The pods that label at this moment. */
export function workersAtWork(pods: Pod[]): Pod[] {
  return pods.filter((pod) => isAlive(pod) && pod.status?.phase === "Running");
}

/** Why the workers of a Job that may run do not, in their own words. */
export function workersProblem(observed: Observed, job: Job): Problem | undefined {
  const found = diagnosePods(ownPods(observed, job).filter(isUnfinished));
  if (found) return withEnrichmentFields(found);
  const [failed] = failedPods(observed, job);
  const last = failed && diagnosePods([failed]);
  return last && { reason: reasons.WorkerFailed, message: withEnrichmentFields(last).message };
}

/** Why a Job has failed, in the words of the worker that failed last. */
export function jobFailure(observed: Observed, job: Job): Problem {
  const [last] = failedPods(observed, job);
  const found = last && diagnosePods([last]);
  if (found) return { reason: reasons.WorkerFailed, message: withEnrichmentFields(found).message };
  const message = job.status?.conditions?.find(isTrue("Failed"))?.message ?? "the workers failed";
  return { reason: reasons.WorkerFailed, message };
}

/** The fields of the spec that a remedy names are those of the enrichment. */
function withEnrichmentFields({ reason, message }: Problem): Problem {
  return {
    reason,
    message: message
      .replaceAll("spec.resources", "spec.enrichment.resources")
      .replaceAll("spec.model", "spec.enrichment.model")
      .replaceAll(/spec\.pod\.(nodeSelector|tolerations|priorityClassName)/g, (_, field) => {
        return `spec.enrichment.placement.${field}`;
      })
      .replaceAll("the container enrich", "a worker"),
  };
}

/** The one that ended last comes first. */
function failedPods(observed: Observed, job: Job): Pod[] {
  const ended = ({ status }: Pod) =>
    status?.containerStatuses?.[0]?.state?.terminated?.finishedAt ?? "";
  return ownPods(observed, job)
    .filter(({ status }) => status?.phase === "Failed")
    .sort((one, other) => (ended(one) < ended(other) ? 1 : -1));
}

function ownPods({ pods }: Observed, job: Job): Pod[] {
  const { uid } = job.metadata ?? {};
  return pods.filter(({ metadata }) => metadata?.ownerReferences?.some((one) => one.uid === uid));
}

function isAlive(pod: Pod): boolean {
  return isWorker(pod) && pod.metadata?.deletionTimestamp === undefined;
}

function isUnfinished(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp === undefined && !isTerminated(pod);
}
