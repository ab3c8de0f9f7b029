import type { Api, Selection } from "./api.ts";
import { exponential, type Backoff } from "./backoff.ts";
import { sleep, systemClock, type Clock } from "./clock.ts";
import { ApiError, ConnectionError, isGone, isNotFound } from "./errors.ts";
import { keyOf, Replica, type ReplicaOptions } from "./replica.ts";
import type { Kind, KubeObject } from "./resource.ts";
import type { WatchEvent } from "./watch-stream.ts";

/** Where a reflector logs its problems with the API server, which it survives. */
export interface ReflectorLog {
  warn(fields: object, message: string): void;
}

/** What to reflect, and whom to tell. */
export interface ReflectorOptions<T extends KubeObject> extends ReplicaOptions<T> {
  api: Pick<Api, "list" | "watch">;
  kind: Kind;
  /** All namespaces when left out. */
  namespace?: string;
  labelSelector?: string;
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
const missingKindPause = 30_000;

/** A watch that ends sooner than this without an event was not a healthy one. */
const shortestWatch = 1_000;

/**
 * A copy of a collection, kept current by a watch, by the rules of client-go
 * (https://pkg.go.dev/k8s.io/client-go/tools/cache#Reflector). It does nothing before `start`, and
 * after that it goes on until `stop`, through every failure of the API server:
 *
 * - the server ends the watch: watch on from the last resource version
 * - the connection is lost or silent: the same, after a pause
 * - 410, or any other refusal of the watch: list again, after a pause unless it is the first 410
 * - 404 for a kind that not every cluster has: no watch; list again now and then
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #selection: Selection;
  readonly #replica: Replica<T>;
  readonly #synced = Promise.withResolvers<void>();
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;
  /** What the replica shows; undefined when it has to be listed again. */
  #resourceVersion: string | undefined;
  /** Failures in a row. */
  #failures = 0;
  #isServed = false;

  constructor(options: ReflectorOptions<T>) {
    const { namespace, labelSelector, clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#backoff = options.backoff ?? exponential(500, 30_000, random);
    this.#selection = { ...(namespace && { namespace }), ...(labelSelector && { labelSelector }) };
    this.#replica = new Replica({ ...options, onChange: (object) => this.#tell(object) });
  }

  /** The object of this namespace and name. */
  get(namespace: string, name: string): T | undefined {
    return this.#replica.get(namespace, name);
  }

  /** All objects. */
  list(): T[] {
    return this.#replica.list();
  }

  /** The objects for which `index` gave this key. */
  indexed(key: string): T[] {
    return this.#replica.indexed(key);
  }

  /** Resolves when the first list is complete, or the kind is found missing; never rejects. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Whether the cluster has the kind; false until that is known. */
  isServed(): boolean {
    return this.#isServed;
  }

  /** Starts to list and watch. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch; no request is made afterwards. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#listAndWatch();
        this.#failures = 0;
      } catch (error) {
        if (!signal.aborted) await this.#recover(error);
      }
    }
  }

  async #listAndWatch(): Promise<void> {
    this.#resourceVersion ??= await this.#list(pageSize);
    await this.#watch(this.#resourceVersion);
  }

  /** Lists everything, in pages unless `limit` is undefined; returns the resource version. */
  async #list(limit: number | undefined): Promise<string> {
    const { api, kind } = this.#options;
    const { signal } = this.#ending;
    const query = { ...this.#selection, signal, ...(limit && { limit }) };
    const listed = new Set<string>();
    try {
      let page = await api.list<T>(kind, query);
      for (;;) {
        for (const object of page.items) {
          listed.add(keyOf(object));
          this.#replica.put(object);
        }
        if (!page.continue) break;
        page = await api.list<T>(kind, { ...query, continue: page.continue });
      }
      // What is missing from the list was deleted while there was no watch.
      this.#replica.keepOnly(listed);
      this.#setServed(true);
      return page.resourceVersion;
    } catch (error) {
      // The pages took so long that the next one expired: get everything at once.
      if (isGone(error) && limit !== undefined) return this.#list(undefined);
      throw error;
    }
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { api, kind, inactivity = 90_000 } = this.#options;
    const { signal } = this.#ending;
    const started = this.#clock.now();
    // Between four and five minutes, so that not all watches end at once.
    const timeoutSeconds = Math.round(300 - 60 * this.#random());
    const rules = { resourceVersion, timeoutSeconds, inactivity, signal };
    let events = 0;
    const isHealthy = () =>
      events > 0 || signal.aborted || this.#clock.now() - started >= shortestWatch;
    try {
      for await (const event of api.watch<T>(kind, { ...this.#selection, ...rules })) {
        this.#handle(event);
        events += 1;
      }
    } finally {
      if (isHealthy()) this.#failures = 0;
    }
    if (!isHealthy()) throw new Error(`The watch of ${kind.plural} ended at once`);
  }

  #handle({ type, object }: WatchEvent<T>): void {
    if (type === "DELETED") this.#replica.drop(object);
    else if (type !== "BOOKMARK") this.#replica.put(object);
    this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion;
  }

  async #recover(error: unknown): Promise<void> {
    const { kind, log } = this.#options;
    if (kind.optional && isNotFound(error)) return this.#waitForKind();
    this.#failures += 1;
    const retryAfter = error instanceof ApiError ? error.retryAfter : undefined;
    const canContinue = error instanceof ConnectionError || retryAfter !== undefined;
    if (!canContinue) this.#resourceVersion = undefined;
    if (isGone(error) && this.#failures === 1) return;
    const delay = Math.max(this.#backoff(this.#failures), (retryAfter ?? 0) * 1000);
    const fields = { kind: kind.kind, failures: this.#failures, delay: Math.round(delay) };
    log.warn({ err: error, ...fields }, "Watch failed, retrying");
    await sleep(this.#clock, delay, this.#ending.signal);
  }

  /** The cluster does not have the kind, and so no objects of it. */
  async #waitForKind(): Promise<void> {
    this.#replica.keepOnly(new Set());
    this.#resourceVersion = undefined;
    this.#failures = 0;
    this.#setServed(false);
    await sleep(this.#clock, missingKindPause, this.#ending.signal);
  }

  /** Notes whether the cluster has the kind, as is known now. */
  #setServed(isServed: boolean): void {
    const isNews = this.#isServed !== isServed;
    this.#isServed = isServed;
    this.#synced.resolve();
    if (isNews) this.#options.onServed?.();
  }

  /** A caller that fails does not end the watch. */
  #tell(object: T): void {
    const { kind, log, onChange } = this.#options;
    try {
      onChange(object);
    } catch (error) {
      log.warn({ err: error }, `Could not handle a change of ${kind.kind} ${keyOf(object)}`);
    }
  }
}
