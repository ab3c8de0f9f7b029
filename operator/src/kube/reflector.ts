import type { Api } from "./api.ts";
import type { Kind, KubeObject } from "./resource.ts";

/** A copy of a collection, kept current by a watch. */
export interface Reflector<T> {
  get(namespace: string, name: string): T | undefined;
  list(): T[];
  /** The objects for which `index` gave this key. */
  indexed(key: string): T[];
  start(): void;
  /** Resolves when the first list is complete; never rejects. */
  readonly synced: Promise<void>;
  /** Ends the watch; no request is made afterwards. */
  stop(): Promise<void>;
}

/** What a reflector tells: troubles with the API server, which it survives. */
export interface ReflectorLog {
  warn(fields: object, message: string): void;
}

/** What to reflect, and whom to tell. */
export interface ReflectorOptions<T extends KubeObject> {
  api: Api;
  kind: Kind;
  /** All namespaces when left out. */
  namespace?: string;
  labelSelector?: string;
  /** Makes an object smaller before it is kept; metadata.managedFields are dropped in any case. */
  trim?: (object: T) => T;
  /** The key under which `indexed` finds an object. */
  index?: (object: T) => string | undefined;
  /**
   * Called after an object was added or changed, with the new object; after it was deleted, with
   * the last one known; and when its index key changed, with both.
   */
  onChange: (object: T) => void;
  log: ReflectorLog;
  /** Milliseconds without a byte after which a watch counts as dead, 90,000 unless said. */
  inactivity?: number;
  /** Milliseconds to wait after the n-th failure in a row (from 1). */
  backoff?: (failures: number) => number;
  random?: () => number;
}

/** A reflector for one kind; it does nothing before `start`. */
export declare function createReflector<T extends KubeObject>(
  options: ReflectorOptions<T>,
): Reflector<T>;
