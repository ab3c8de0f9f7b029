import type { KubeObject } from "./resource.ts";

/** The key of an object in a store: `namespace/name`. */
export function storeKey(namespace: string | undefined, name: string | undefined): string {
  return `${namespace ?? ""}/${name}`;
}

/** Objects by namespace and name, and by an index of the caller's choice. */
export class Store<T extends KubeObject> {
  readonly #index: (object: T) => string | undefined;
  readonly #objects = new Map<string, T>();
  readonly #groups = new Map<string, Map<string, T>>();

  /** @param index gives the key under which `indexed` finds an object, if any */
  constructor(index: (object: T) => string | undefined) {
    this.#index = index;
  }

  /** The object of the key `namespace/name`. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** Puts an object in the place of an earlier one. */
  set(key: string, object: T): void {
    this.delete(key);
    this.#objects.set(key, object);
    const name = this.#index(object);
    if (name === undefined) return;
    const group = this.#groups.get(name) ?? new Map<string, T>();
    this.#groups.set(name, group.set(key, object));
  }

  /** Removes an object, if it is there. */
  delete(key: string): void {
    const previous = this.#objects.get(key);
    if (!previous) return;
    this.#objects.delete(key);
    const name = this.#index(previous);
    const group = name === undefined ? undefined : this.#groups.get(name);
    group?.delete(key);
    if (name !== undefined && group?.size === 0) this.#groups.delete(name);
  }

  /** The keys of all objects. */
  keys(): string[] {
    return [...this.#objects.keys()];
  }

  /** All objects. */
  list(): T[] {
    return [...this.#objects.values()];
  }

  /** The objects for which `index` gave this key. */
  indexed(name: string): T[] {
    return [...(this.#groups.get(name)?.values() ?? [])];
  }
}
