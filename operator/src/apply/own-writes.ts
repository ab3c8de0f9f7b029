import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";

/** A ModelDeployment as this process wrote it, and the versions that it was written over. */
interface Write {
  over: Set<string | undefined>;
  model: ModelDeployment;
}

/**
 * ModelDeployments as they are after this process wrote them. The caches lag behind: a pass that
 * started from a version older than the last write would end in a conflict.
 */
export class OwnWrites {
  readonly #cached: (key: string) => ModelDeployment | undefined;
  /** The last write of each ModelDeployment, by `namespace/name`. */
  readonly #writes = new Map<string, Write>();

  /** @param cached the ModelDeployment `namespace/name` as the watch has shown it last */
  constructor(cached: (key: string) => ModelDeployment | undefined) {
    this.#cached = cached;
  }

  /** The newest known version of the ModelDeployment `namespace/name`; undefined when it is gone. */
  latest(key: string): ModelDeployment | undefined {
    const cached = this.#cached(key);
    const own = cached && this.#writtenOver(cached);
    if (own) return own;
    this.#writes.delete(key);
    return cached;
  }

  /** The model, or what this process has made of this very version since. */
  current(model: ModelDeployment): ModelDeployment {
    return this.#writtenOver(model) ?? model;
  }

  /**
   * Keeps the answer to a write.
   *
   * @param before the version that was written over
   * @param after the ModelDeployment as the API server answered it
   */
  remember(before: ModelDeployment, after: ModelDeployment): void {
    const key = keyOf(before);
    const over = this.#writes.get(key)?.over ?? new Set();
    over.add(before.metadata.resourceVersion);
    this.#writes.set(key, { over, model: after });
  }

  /** Forgets a ModelDeployment that is gone. */
  forget(key: string): void {
    this.#writes.delete(key);
  }

  #writtenOver(model: ModelDeployment): ModelDeployment | undefined {
    const own = this.#writes.get(keyOf(model));
    return own?.over.has(model.metadata.resourceVersion) ? own.model : undefined;
  }
}
