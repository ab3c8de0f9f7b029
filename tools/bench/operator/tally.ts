import type { Api } from "../../../operator/src/kube/api.ts";
import { createReflector } from "../../../operator/src/kube/reflector.ts";
import type { Kind, KubeObject } from "../../../operator/src/kube/resource.ts";
import { namespace } from "./objects.ts";

/** How many objects of a kind there are, and how many of them are as they shall be. */
export interface Tally {
  readonly total: number;
  readonly done: number;
  /** Resolves when so many are done, or when so many are left where `left` is given. */
  reached(goal: { done: number } | { left: number }, what: string, seconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Counts by a watch, which costs the API server the same whatever is measured. */
export async function tally(
  api: Api,
  kind: Kind,
  isDone: (object: KubeObject) => boolean,
): Promise<Tally> {
  const done = new Set<string>();
  let changed = () => {};
  const reflector = createReflector<KubeObject>({
    api,
    kind,
    namespace,
    trim: ({ metadata, ...object }) => {
      const mark = isDone({ ...object, metadata });
      const { name, uid, resourceVersion } = metadata ?? {};
      const kept = { metadata: { name, namespace, uid, resourceVersion }, mark };
      return kept;
    },
    onChange({ metadata }) {
      const name = metadata?.name ?? "";
      const current = reflector.get(namespace, name) as { mark?: boolean } | undefined;
      if (current?.mark) done.add(name);
      else done.delete(name);
      changed();
    },
    log: console,
  });
  reflector.start();
  await reflector.synced;
  const total = () => reflector.list().length;
  return {
    get total() {
      return total();
    },
    get done() {
      return done.size;
    },
    reached(goal, what, seconds) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const late = () =>
        reject(new Error(`Not within ${seconds} s: ${what}; ${done.size} of ${total()} are`));
      const timer = setTimeout(late, seconds * 1000);
      changed = () => {
        if ("done" in goal ? done.size >= goal.done : total() <= goal.left) resolve();
      };
      changed();
      return promise.finally(() => clearTimeout(timer));
    },
    stop: () => reflector.stop(),
  };
}
