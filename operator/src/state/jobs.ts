import { isTrue, type Job, type Pod } from "../kube/objects.ts";
import { isTerminated } from "./pods.ts";
import { isBenchmark, isWorker, type Observed } from "./observed.ts";

/** Whether a Job has come to its end, one way or the other. */
export function isFinished(job: Job): boolean {
  const conditions = job.status?.conditions ?? [];
  return conditions.some(isTrue("Complete")) || conditions.some(isTrue("Failed"));
}

/** The pod of a benchmark, among others. */
export function benchmarkPod(job: Job, pods: Pod[]): Pod | undefined {
  return pods.find(({ metadata }) =>
    metadata?.ownerReferences?.some(({ uid }) => uid === job.metadata?.uid),
  );
}

/** A load generator of any run of the model may still send requests, also one that is to end. */
export function isUnderWay({ jobs, pods }: Pick<Observed, "jobs" | "pods">): boolean {
  const isAlive = (pod: Pod) => isBenchmark(pod) && !terminated(pod) && !isTerminated(pod);
  return jobs.some((job) => !isFinished(job)) || pods.some(isAlive);
}

/** A Job has come to its end, and its pod is not known to have. */
export function lacksResult(job: Job, pods: Pod[]): boolean {
  return isFinished(job) && !terminated(benchmarkPod(job, pods));
}

/** How the container of the load generator ended; undefined while it runs. */
export function terminated(pod: Pod | undefined) {
  return pod?.status?.containerStatuses?.find(({ name }) => name === "k6")?.state?.terminated;
}

/** The pods that label or may yet do so, also those that are about to end. */
export function hasWorkers({ pods }: Pick<Observed, "pods">): boolean {
  return pods.some((pod) => isWorker(pod) && !isTerminated(pod));
}
