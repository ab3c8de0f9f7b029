import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "./resource.ts";
import { Store, storeKey } from "./store.ts";

/** What is kept of objects, and whom to tell of changes. */
export interface ReplicaOptions<T extends KubeObject> {
  /** Makes an object smaller before it is kept; metadata.managedFields are dropped in any case. */
  trim?: (object: T) => T;
  /** The key under which `indexed` finds an object. */
  index?: (object: T) => string | undefined;
  /**
   * Called after an object was added or changed, with the new object; after it was deleted, with
   * the last one known; and when its index key changed, with both. What `trim` removes is no change.
   */
  onChange: (object: T) => void;
}

/** A copy of a collection that tells what changes in it. */
export class Replica<T extends KubeObject> {
  readonly #trim: (object: T) => T;
  readonly #index: (object: T) => string | undefined;
  readonly #onChange: (object: T) => void;
  readonly #store: Store<T>;

  constructor({ trim, index, onChange }: ReplicaOptions<T>) {
    this.#trim = trim ?? ((object) => object);
    this.#index = index ?? (() => undefined);
    this.#onChange = onChange;
    this.#store = new Store(this.#index);
  }

  /** The object of this namespace and name. */
  get(namespace: string, name: string): T | undefined {
    return this.#store.get(storeKey(namespace, name));
  }

  /** All objects. */
  list(): T[] {
    return this.#store.list();
  }

  /** The objects for which `index` gave this key. */
  indexed(key: string): T[] {
    return this.#store.indexed(key);
  }

  /** Takes an object in as the API server sent it. */
  put(received: T): void {
    const key = keyOf(received);
    const previous = this.#store.get(key);
    if (previous && isSameVersion(previous, received)) return;
    delete received.metadata?.managedFields;
    const object = this.#trim(received);
    this.#store.set(key, object);
    if (previous && this.#index(previous) !== this.#index(object)) this.#onChange(previous);
    if (!previous || !isSame(previous, object)) this.#onChange(object);
  }

  /** Drops an object that was deleted. */
  drop(object: KubeObject): void {
    this.#dropKey(keyOf(object));
  }

  /** Drops all objects but these, which are all that a list has shown. */
  keepOnly(listed: ReadonlySet<string>): void {
    for (const key of this.#store.keys()) if (!listed.has(key)) this.#dropKey(key);
  }

  #dropKey(key: string): void {
    const previous = this.#store.get(key);
    if (!previous) return;
    this.#store.delete(key);
    this.#onChange(previous);
  }
}

/** How a replica names an object in `keepOnly`. */
export function keyOf({ metadata }: KubeObject): string {
  return storeKey(metadata?.namespace, metadata?.name);
}

/** All that is kept is the same, but for the resource version. */
function isSame(one: KubeObject, other: KubeObject): boolean {
  const resourceVersion = other.metadata?.resourceVersion;
  return isDeepStrictEqual({ ...one, metadata: { ...one.metadata, resourceVersion } }, other);
}

function isSameVersion(one: KubeObject, other: KubeObject): boolean {
  return (
    one.metadata?.uid === other.metadata?.uid &&
    one.metadata?.resourceVersion === other.metadata?.resourceVersion
  );
}
