import type { Api } from "../../../operator/src/kube/api.ts";
import { Reflector } from "../../../operator/src/kube/reflector.ts";
import type { Kind, KubeObject } from "../../../operator/src/kube/resource.ts";
import { namespace } from "./objects.ts";

/** Counts objects of a kind by a watch, which costs the API server the same whatever is measured. */
export class ObjectCounter {
  readonly #done = new Set<string>();
  readonly #reflector: Reflector<KubeObject>;
  #changed = () => {};

  private constructor(api: Api, kind: Kind, isDone: (object: KubeObject) => boolean) {
    this.#reflector = new Reflector<KubeObject>({
      api,
      kind,
      namespace,
      trim: ({ metadata, ...object }) => {
        const mark = isDone({ ...object, metadata });
        const { name, uid, resourceVersion } = metadata ?? {};
        const kept = { metadata: { name, namespace, uid, resourceVersion }, mark };
        return kept;
      },
      onChange: ({ metadata }) => this.#onChange(metadata?.name ?? ""),
      log: console,
    });
  }

  /** Starts to count; resolves when all objects that exist are known. */
  static async start(
    api: Api,
    kind: Kind,
    isDone: (object: KubeObject) => boolean,
  ): Promise<ObjectCounter> {
    const counter = new ObjectCounter(api, kind, isDone);
    counter.#reflector.start();
    await counter.#reflector.synced;
    return counter;
  }

  /**
   * Resolves when so many objects are done, or when so many are left where `left` is given.
   *
   * @param what names the goal in the error
   * @throws Error when that takes more than these seconds
   */
  reached(goal: { done: number } | { left: number }, what: string, seconds: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = () => {
      const count = `${this.#done.size} of ${this.#total()} are`;
      reject(new Error(`Not within ${seconds} s: ${what}; ${count}`));
    };
    const timer = setTimeout(late, seconds * 1000);
    this.#changed = () => {
      if ("done" in goal ? this.#done.size >= goal.done : this.#total() <= goal.left) resolve();
    };
    this.#changed();
    return promise.finally(() => clearTimeout(timer));
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }

  #total(): number {
    return this.#reflector.list().length;
  }

  #onChange(name: string): void {
    const current = this.#reflector.get(namespace, name) as { mark?: boolean } | undefined;
    if (current?.mark) this.#done.add(name);
    else this.#done.delete(name);
    this.#changed();
  }
}
