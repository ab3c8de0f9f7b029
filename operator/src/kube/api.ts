import type { KubeConfig } from "@kubernetes/client-node";
import type { Kind, KubeObject } from "./resource.ts";

/** What to list or watch. */
export interface Selection {
  /** All namespaces when left out. */
  namespace?: string;
  labelSelector?: string;
}

/** Which part of a collection to list. */
export interface ListOptions extends Selection {
  /** Most objects in one answer. */
  limit?: number;
  /** Where the previous answer ended. */
  continue?: string;
  resourceVersion?: string;
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

/** One change; a BOOKMARK has nothing but a new metadata.resourceVersion. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: T;
}

/**
 * The few calls that the operator needs. All reject with an ApiError when the server refuses and
 * with a ConnectionError when there is no answer; both say what was tried on which object.
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
  apply<T extends KubeObject>(
    kind: Kind,
    object: T,
    options: { manager: string; subresource?: "status" },
  ): Promise<T>;
  create<T extends KubeObject>(kind: Kind, object: T): Promise<T>;
  /** Writes the whole object; a conflict when metadata.resourceVersion is not the current one. */
  replace<T extends KubeObject>(kind: Kind, object: T): Promise<T>;
  /** Deletes the object; it is fine when there is none. With a uid, only the object of that uid. */
  remove(
    kind: Kind,
    namespace: string,
    name: string,
    options?: { uid?: string; propagation?: "Background" | "Foreground" },
  ): Promise<void>;
  /** Closes the connections; calls under way are broken off. */
  close(): Promise<void>;
}

/** How patient and how modest the client is. */
export interface ApiOptions {
  /** Milliseconds one call may take, 30,000 unless said. */
  timeout?: number;
  /** Calls per second in the long run, 50 unless said. */
  rate?: number;
  /** Calls at once after a pause, 100 unless said. */
  burst?: number;
  /** Name of the client in the API server's logs. */
  userAgent?: string;
}

/** Calls to the API server that the configuration names, all over one set of connections. */
export declare function createApi(config: KubeConfig, options?: ApiOptions): Api;
