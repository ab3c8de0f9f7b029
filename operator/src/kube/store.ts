import type { KubeObject } from "./resource.ts";

/** Objects by namespace and name, and by an index of the caller's choice. */
export interface Store<T> {
  get(key: string): T | undefined;
  set(key: string, object: T): void;
  delete(key: string): void;
  keys(): string[];
  list(): T[];
  indexed(index: string): T[];
}

/** The key of an object in a store: `namespace/name`. */
export function storeKey(namespace: string | undefined, name: string | undefined): string {
  return `${namespace ?? ""}/${name}`;
}

/** An empty store; `index` gives the key under which `indexed` finds an object, if any. */
export function createStore<T extends KubeObject>(
  index: (object: T) => string | undefined,
): Store<T> {
  const objects = new Map<string, T>();
  const groups = new Map<string, Map<string, T>>();

  function leave(key: string, object: T) {
    const name = index(object);
    const group = name === undefined ? undefined : groups.get(name);
    group?.delete(key);
    if (name !== undefined && group?.size === 0) groups.delete(name);
  }

  function join(key: string, object: T) {
    const name = index(object);
    if (name === undefined) return;
    const group = groups.get(name) ?? new Map<string, T>();
    groups.set(name, group.set(key, object));
  }

  return {
    get: (key) => objects.get(key),
    set(key, object) {
      const previous = objects.get(key);
      if (previous) leave(key, previous);
      objects.set(key, object);
      join(key, object);
    },
    delete(key) {
      const previous = objects.get(key);
      if (previous) leave(key, previous);
      objects.delete(key);
    },
    keys: () => [...objects.keys()],
    list: () => [...objects.values()],
    indexed: (name) => [...(groups.get(name)?.values() ?? [])],
  };
}
