import { isDeepStrictEqual } from "node:util";
import type { Api } from "./api.ts";
import { exponential, type Backoff } from "./backoff.ts";
import { sleep, systemClock, type Clock } from "./clock.ts";
import { ApiError, ConnectionError, isGone, isNotFound } from "./errors.ts";
import type { Kind, KubeObject } from "./resource.ts";
import { createStore, storeKey } from "./store.ts";

/** A copy of a collection, kept current by a watch. */
export interface Reflector<T> {
  get(namespace: string, name: string): T | undefined;
  list(): T[];
  /** The objects for which `index` gave this key. */
  indexed(key: string): T[];
  start(): void;
  /** Resolves when the first list is complete, or the kind is found missing; never rejects. */
  readonly synced: Promise<void>;
  /** Whether the cluster has the kind; false until that is known. */
  isServed(): boolean;
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
   * the last one known; and when its index key changed, with both. What `trim` removes is no change.
   */
  onChange: (object: T) => void;
  /** Called when a kind that not every cluster has appeared or vanished. */
  onServed?: () => void;
  log: ReflectorLog;
  /** Milliseconds without a byte after which a watch counts as dead, 90,000 unless said. */
  inactivity?: number;
  /** Half a second, then twice as long each time, half a minute at most, unless said. */
  backoff?: Backoff;
  clock?: Clock;
  random?: () => number;
}

const pageSize = 500;

/** Milliseconds before a kind that the cluster does not have is looked for again. */
const lookAgain = 30_000;

/** A watch that ends sooner than this without an event was not a healthy one. */
const shortest = 1_000;

/**
 * A reflector for one kind; it does nothing before `start`, and after that it goes on for ever,
 * whatever the API server does:
 *
 * - the server ends the watch: watch on from the last resource version
 * - the connection is lost or silent: the same, after a pause
 * - 410, or any other refusal of the watch: list again, after a pause unless it is the first 410
 * - 404 for a kind that not every cluster has: no watch; list again now and then
 */
export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { api, kind, namespace, labelSelector, onChange, onServed, log } = options;
  const { trim = (object) => object, index = () => undefined } = options;
  const { inactivity = 90_000, clock = systemClock, random = Math.random } = options;
  const backoff = options.backoff ?? exponential(500, 30_000, random);
  const selection = { ...(namespace && { namespace }), ...(labelSelector && { labelSelector }) };

  const store = createStore<T>(index);
  const synced = Promise.withResolvers<void>();
  const ending = new AbortController();
  const { signal } = ending;
  let running: Promise<void> | undefined;
  /** What the store shows; undefined when it has to be listed anew. */
  let resourceVersion: string | undefined;
  let failures = 0;
  let served = false;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        resourceVersion ??= await relist(pageSize);
        await follow(resourceVersion);
        failures = 0;
      } catch (error) {
        if (!signal.aborted) await recover(error);
      }
    }
  }

  async function relist(limit: number | undefined): Promise<string> {
    const seen = new Set<string>();
    const query = { ...selection, signal, ...(limit && { limit }) };
    try {
      let page = await api.list<T>(kind, query);
      for (;;) {
        for (const object of page.items) seen.add(put(object));
        if (!page.continue) break;
        page = await api.list<T>(kind, { ...query, continue: page.continue });
      }
      // What is missing from the list was deleted while nobody watched.
      for (const key of store.keys()) if (!seen.has(key)) drop(key);
      serve(true);
      return page.resourceVersion;
    } catch (error) {
      // The pages took so long that the next one expired: get everything at once.
      if (isGone(error) && limit !== undefined) return relist(undefined);
      throw error;
    }
  }

  async function follow(from: string): Promise<void> {
    const started = clock.now();
    // Between four and five minutes, so that not all watches end at once.
    const timeoutSeconds = Math.round(300 - 60 * random());
    const watch = { ...selection, resourceVersion: from, timeoutSeconds, inactivity, signal };
    let events = 0;
    const isHealthy = () => events > 0 || signal.aborted || clock.now() - started >= shortest;
    try {
      for await (const { type, object } of api.watch<T>(kind, watch)) {
        if (type === "DELETED") drop(keyOf(object));
        else if (type !== "BOOKMARK") put(object);
        resourceVersion = object.metadata?.resourceVersion ?? resourceVersion;
        events += 1;
      }
    } finally {
      if (isHealthy()) failures = 0;
    }
    if (!isHealthy()) throw new Error(`The watch of ${kind.plural} ended at once`);
  }

  /** What is known now of whether the cluster has the kind. */
  function serve(now: boolean): void {
    const changed = served !== now;
    served = now;
    synced.resolve();
    if (changed) onServed?.();
  }

  async function recover(error: unknown): Promise<void> {
    if (kind.optional && isNotFound(error)) return missing();
    failures += 1;
    const retryAfter = error instanceof ApiError ? error.retryAfter : undefined;
    if (!(error instanceof ConnectionError) && retryAfter === undefined)
      resourceVersion = undefined;
    if (isGone(error) && failures === 1) return;
    const pause = Math.max(backoff(failures), (retryAfter ?? 0) * 1000);
    log.warn({ err: error, failures, pause: Math.round(pause) }, `Lost sight of ${kind.plural}`);
    await sleep(clock, pause, signal);
  }

  /** The cluster does not have the kind, and so no objects of it. */
  async function missing(): Promise<void> {
    for (const key of store.keys()) drop(key);
    resourceVersion = undefined;
    failures = 0;
    serve(false);
    await sleep(clock, lookAgain, signal);
  }

  /** Returns the key of what it put into the store. */
  function put(received: T): string {
    const key = keyOf(received);
    const previous = store.get(key);
    if (previous && sameVersion(previous, received)) return key;
    delete received.metadata?.managedFields;
    const object = trim(received);
    store.set(key, object);
    if (previous && index(previous) !== index(object)) tell(previous);
    if (!previous || !isSame(previous, object)) tell(object);
    return key;
  }

  function drop(key: string): void {
    const previous = store.get(key);
    if (!previous) return;
    store.delete(key);
    tell(previous);
  }

  function tell(object: T): void {
    try {
      onChange(object);
    } catch (error) {
      log.warn({ err: error }, `Could not handle a change of ${kind.kind} ${keyOf(object)}`);
    }
  }

  return {
    get: (namespace, name) => store.get(storeKey(namespace, name)),
    list: () => store.list(),
    indexed: (key) => store.indexed(key),
    synced: synced.promise,
    isServed: () => served,
    start() {
      running ??= run();
    },
    async stop() {
      ending.abort();
      await running;
    },
  };
}

function keyOf({ metadata }: KubeObject): string {
  return storeKey(metadata?.namespace, metadata?.name);
}

/** All that is kept is the same, but for the resource version. */
function isSame(one: KubeObject, other: KubeObject): boolean {
  const resourceVersion = other.metadata?.resourceVersion;
  return isDeepStrictEqual({ ...one, metadata: { ...one.metadata, resourceVersion } }, other);
}

function sameVersion(one: KubeObject, other: KubeObject): boolean {
  return (
    one.metadata?.uid === other.metadata?.uid &&
    one.metadata?.resourceVersion === other.metadata?.resourceVersion
  );
}
