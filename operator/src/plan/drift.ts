import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../kube/resource.ts";
import { hash } from "../api/hash.ts";
import { amount } from "../api/units.ts";

const applied = "intendant.dev/applied";

/** The object with a hash of itself, which tells later what was applied. */
export function withAppliedHash<T extends KubeObject>(object: T): T {
  const annotations = { ...object.metadata?.annotations, [applied]: hash(object) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/**
 * Whether an object has to be applied again.
 *
 * Compared are the fields that were applied: what the API server filled in and what others added is
 * not looked at, and manual changes are reverted. A field that an earlier version applied and
 * this one does not shows in the hash, which is one of the fields.
 */
export function hasDrifted(observed: KubeObject | undefined, wanted: KubeObject): boolean {
  if (observed === undefined || !containsApplied(observed, wanted)) return true;
  return strictKinds.has(wanted.kind ?? "") && hasExtra(specOf(observed), specOf(wanted));
}

/** Kinds in which an added list item opens another way in, so lists have to match exactly. */
const strictKinds = new Set(["NetworkPolicy", "Ingress", "HTTPRoute"]);

function specOf(object: KubeObject & { spec?: unknown }): unknown {
  return object.spec;
}

/** Whether a list anywhere in what was applied is longer by now. */
function hasExtra(observed: unknown, wanted: unknown): boolean {
  if (typeof observed !== "object" || typeof wanted !== "object") return false;
  if (observed === null || wanted === null) return false;
  if (Array.isArray(observed) && Array.isArray(wanted) && observed.length > wanted.length) {
    return true;
  }
  return Object.entries(wanted).some(([key, value]) =>
    hasExtra((observed as Record<string, unknown>)[key], value),
  );
}

function containsApplied(observed: unknown, wanted: unknown): boolean {
  // The API server leaves out an empty text, as it leaves out what was not set.
  if (wanted === undefined || (wanted === "" && observed === undefined)) return true;
  if (Array.isArray(wanted)) return Array.isArray(observed) && containsList(observed, wanted);
  if (typeof wanted !== "object" || wanted === null) return observed === wanted;
  if (typeof observed !== "object" || observed === null) return false;
  return Object.entries(wanted).every(([key, value]) => {
    const current = (observed as Record<string, unknown>)[key];
    // With one more label a selector selects less, or nothing.
    if (key === "selector" || key === "podSelector") return isDeepStrictEqual(current, value);
    const quantities = key === "requests" || key === "limits" || key === "emptyDir";
    return quantities ? sameAmounts(current, value) : containsApplied(current, value);
  });
}

/** Lists of objects may hold more, such as a container that an admission webhook put in. */
function containsList(observed: unknown[], wanted: unknown[]): boolean {
  const objects = wanted.some((item) => typeof item === "object");
  if (!objects && observed.length !== wanted.length) return false;
  return wanted.every((item, index) =>
    objects ? observed.some((current) => containsApplied(current, item)) : observed[index] === item,
  );
}

/** The API server writes quantities in its own way: `1000m` comes back as `1`. */
function sameAmounts(observed: unknown, wanted: unknown): boolean {
  const current = (observed ?? {}) as Record<string, string>;
  return Object.entries(wanted as Record<string, string>).every(
    ([name, quantity]) =>
      current[name] === quantity || amount(current[name] ?? "") === amount(quantity),
  );
}
