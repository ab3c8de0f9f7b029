import { hash } from "../api/hash.ts";
import type { PodTemplate } from "../kube/objects.ts";

/**
 * Name of everything that changes what a pod does: eight hexadecimal digits of a hash over the pod
 * template, before the revision itself becomes one of its labels.
 */
export function revisionOfTemplate(template: PodTemplate): string {
  return hash(template);
}
