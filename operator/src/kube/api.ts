import type { KubeConfig } from "@kubernetes/client-node";
import { systemClock, type Clock } from "./clock.ts";
import { Connection } from "./connection.ts";
import { isConflict, isNotFound } from "./errors.ts";
import { Limiter, type Priority } from "./limiter.ts";
import { collectionPath, objectPath, resourceOf } from "./paths.ts";
import type { Kind, KubeObject } from "./resource.ts";
import { Transport } from "./transport.ts";
import { lines, watchEvent, type WatchEvent } from "./watch-stream.ts";

/** What to list or watch. */
export interface Selection {
  /** All namespaces when left out. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** Which part of a collection to list. */
export interface ListOptions extends Selection {
  /** Most objects in one answer. */
  limit?: number;
  /** Where the previous answer ended. */
  continue?: string;
  resourceVersion?: string;
  signal?: AbortSignal;
}

/** One page of a collection. */
export interface List<T> {
  items: T[];
  /** The state of the collection that the items show; a watch continues from here. */
  resourceVersion: string;
  /** There are more; list again with it. */
  continue?: string;
}

/** From where and for how long to watch. */
export interface WatchOptions extends Selection {
  resourceVersion: string;
  /** Seconds after which the server ends the watch. */
  timeoutSeconds: number;
  /** Milliseconds without a byte after which the connection counts as dead. */
  inactivity: number;
  signal?: AbortSignal;
}

/**
 * The few calls that the operator needs; their errors say what was tried on which object.
 *
 * @throws ApiError when the server refuses, ConnectionError when there is no answer, FencedError when
 *   this process may not write
 */
export interface Api {
  /** The object, or undefined when there is none. */
  read<T extends KubeObject>(kind: Kind, namespace: string, name: string): Promise<T | undefined>;
  /** One page; each item has its apiVersion and kind, which the server leaves out. */
  list<T extends KubeObject>(kind: Kind, options: ListOptions): Promise<List<T>>;
  /**
   * Changes until the server ends the watch or the signal is aborted (both end the iteration).
   * Throws an ApiError for an ERROR event, a ConnectionError when the connection dies.
   */
  watch<T extends KubeObject>(kind: Kind, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Server-side apply, by force: the fields of the object belong to the manager afterwards. */
  apply<T extends KubeObject>(kind: Kind, object: T, options: ApplyOptions): Promise<T>;
  /** JSON merge patch: writes the given fields, removes those that are null. */
  merge<T extends KubeObject>(kind: Kind, patch: MergePatch): Promise<T>;
  create<T extends KubeObject>(kind: Kind, object: T): Promise<T>;
  /** Writes the whole object; a conflict when metadata.resourceVersion is not the current one. */
  replace<T extends KubeObject>(kind: Kind, object: T): Promise<T>;
  /** Deletes the object; it is fine when there is none. With a uid, only the object of that uid. */
  remove(kind: Kind, namespace: string, name: string, options?: RemoveOptions): Promise<void>;
  /** Closes the connections; calls under way are broken off. */
  close(): Promise<void>;
}

/** Which object to delete, and what happens to the objects that it owns. */
export interface RemoveOptions {
  uid?: string;
  propagation?: "Background" | "Foreground";
}

/** Which field manager applies, and what. */
export interface ApplyOptions {
  manager: string;
  subresource?: "status";
  /** Rejects with a conflict when there is an object of the name already. */
  ifAbsent?: boolean;
  /** Low for what gives way to all other calls. */
  priority?: Priority;
}

/** Part of an object; null stands for what is to be removed. */
export interface MergePatch {
  metadata: {
    name: string;
    namespace: string;
    /** With it, only the object of that version is changed. */
    resourceVersion?: string | undefined;
    annotations?: { [name: string]: string | null };
  };
}

/** An answer of the API server, for statistics. */
export interface Answer {
  method: string;
  /** For example `deployments`. */
  resource: string;
  status: number;
}

/** How patient and how modest the client is. */
export interface ApiOptions {
  /** Milliseconds one call may take, 30,000 unless said. */
  timeout?: number;
  /** Calls per second in the long run, 50 unless said; fewer while the server is too busy. */
  rate?: number;
  /** Calls at once after a pause, 100 unless said. */
  burst?: number;
  /**
   * Asked right before each write but those of leases; a write that may not be rejects with a
   * FencedError. Every write may be unless said.
   */
  mayWrite?: () => boolean;
  /** Told of every answer; a watch counts when it begins. */
  onAnswer?: (answer: Answer) => void;
  /** Name of the client in the API server's logs. */
  userAgent?: string;
  clock?: Clock;
}

/** Calls to the API server that a kubeconfig names, all over one set of connections. */
export class ApiClient implements Api {
  readonly #transport: Transport;

  /** @throws Error when the kubeconfig names no cluster, or one behind a proxy */
  constructor(config: KubeConfig, options: ApiOptions = {}) {
    const { timeout = 30_000, rate = 50, burst = 100, clock = systemClock } = options;
    const { mayWrite = () => true, onAnswer = () => {} } = options;
    this.#transport = new Transport({
      connection: new Connection(config, options.userAgent ?? "intendant-operator"),
      limiter: new Limiter(rate, burst, clock),
      clock,
      timeout,
      mayWrite,
      onAnswer: ({ method, path }, status) =>
        onAnswer({ method, resource: resourceOf(path), status }),
    });
  }

  async read<T extends KubeObject>(
    kind: Kind,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    try {
      return await this.#transport.json<T>({
        attempt: `read ${kind.kind} ${namespace}/${name}`,
        urgent: isUrgent(kind),
        method: "GET",
        path: objectPath(kind, { namespace, name }),
      });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(kind: Kind, options: ListOptions): Promise<List<T>> {
    const { namespace, signal, ...query } = options;
    const { items, metadata } = await this.#transport.json<RawList<T>>({
      attempt: `list ${collection(kind, namespace)}`,
      method: "GET",
      path: collectionPath(kind, namespace, query),
      signal,
    });
    return {
      items: items.map((item) => ({ ...item, ...typeOf(kind) })),
      resourceVersion: metadata.resourceVersion,
      ...(metadata.continue && { continue: metadata.continue }),
    };
  }

  async *watch<T extends KubeObject>(
    kind: Kind,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const { namespace, inactivity, signal, ...rest } = options;
    const attempt = `watch ${collection(kind, namespace)}`;
    const query = { watch: true, allowWatchBookmarks: true, ...rest };
    const path = collectionPath(kind, namespace, query);
    const bytes = this.#transport.stream({ attempt, method: "GET", path, signal }, inactivity);
    for await (const line of lines(bytes)) yield watchEvent<T>(attempt, line);
  }

  apply<T extends KubeObject>(kind: Kind, object: T, options: ApplyOptions): Promise<T> {
    const { manager, subresource, ifAbsent, ...rest } = options;
    const part = subresource ? `the ${subresource} of ` : "";
    return this.#transport.json<T>({
      attempt: `apply ${part}${title(kind, object)}`,
      ...rest,
      method: "PATCH",
      path: objectPath(
        kind,
        { ...keyOf(object), subresource },
        { fieldManager: manager, force: true },
      ),
      contentType: "application/apply-patch+yaml",
      body: body(kind, ifAbsent ? unlessPresent(object) : object),
    });
  }

  merge<T extends KubeObject>(kind: Kind, patch: MergePatch): Promise<T> {
    const { name, namespace } = patch.metadata;
    return this.#transport.json<T>({
      attempt: `change ${kind.kind} ${namespace}/${name}`,
      method: "PATCH",
      path: objectPath(kind, { namespace, name }),
      contentType: "application/merge-patch+json",
      body: JSON.stringify(patch),
    });
  }

  create<T extends KubeObject>(kind: Kind, object: T): Promise<T> {
    return this.#transport.json<T>({
      attempt: `create ${title(kind, object)}`,
      urgent: isUrgent(kind),
      method: "POST",
      path: collectionPath(kind, object.metadata?.namespace),
      contentType: "application/json",
      body: body(kind, object),
    });
  }

  replace<T extends KubeObject>(kind: Kind, object: T): Promise<T> {
    return this.#transport.json<T>({
      attempt: `replace ${title(kind, object)}`,
      urgent: isUrgent(kind),
      method: "PUT",
      path: objectPath(kind, keyOf(object)),
      contentType: "application/json",
      body: body(kind, object),
    });
  }

  async remove(
    kind: Kind,
    namespace: string,
    name: string,
    { uid, propagation = "Background" }: RemoveOptions = {},
  ): Promise<void> {
    const preconditions = uid ? { preconditions: { uid } } : {};
    try {
      await this.#transport.json({
        attempt: `delete ${kind.kind} ${namespace}/${name}`,
        method: "DELETE",
        path: objectPath(kind, { namespace, name }),
        contentType: "application/json",
        body: JSON.stringify({ propagationPolicy: propagation, ...preconditions }),
      });
    } catch (error) {
      // With a uid, a conflict says that another object has the name by now.
      if (!isNotFound(error) && !(uid && isConflict(error))) throw error;
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

interface RawList<T> {
  items: T[];
  metadata: { resourceVersion: string; continue?: string };
}

/** A lease that is renewed late is as good as lost. */
function isUrgent(kind: Kind): boolean {
  return kind.kind === "Lease";
}

function typeOf({ apiVersion, kind }: Kind) {
  return { apiVersion, kind };
}

function keyOf({ metadata }: KubeObject) {
  return { namespace: metadata?.namespace, name: metadata?.name ?? "" };
}

function body(kind: Kind, object: KubeObject): string {
  return JSON.stringify({ ...object, ...typeOf(kind) });
}

/**
 * An object of this version is never there, so what is there is a conflict; what is not there is
 * created all the same. Apply without force would take over a field that does not contradict.
 */
function unlessPresent<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, resourceVersion: "1" } };
}

function title(kind: Kind, { metadata }: KubeObject): string {
  return `${kind.kind} ${metadata?.namespace}/${metadata?.name ?? metadata?.generateName}`;
}

function collection(kind: Kind, namespace: string | undefined): string {
  return namespace ? `${kind.plural} in ${namespace}` : kind.plural;
}
