import type { Pod } from "../kube/objects.ts";
import { revisionOf } from "./observed.ts";

/** Nothing of the pod runs any more, and nothing of it will. */
export function isTerminated({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/**
 * The pod of each revision that was created first; where several were, the first one given. Later
 * pods of a revision find its image on the node.
 */
export function earliestPods(pods: Pod[]): [revision: string, pod: Pod][] {
  const earliest = new Map<string, Pod>();
  for (const pod of pods) {
    const revision = revisionOf(pod);
    if (revision === undefined) continue;
    const other = earliest.get(revision);
    if (!other || createdAt(pod) < createdAt(other)) earliest.set(revision, pod);
  }
  return [...earliest];
}

function createdAt({ metadata }: Pod): string {
  return metadata?.creationTimestamp ?? "";
}
