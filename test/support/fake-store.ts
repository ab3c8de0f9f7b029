import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Kind, KubeObject } from "../../operator/src/kube/resource.ts";

/** An object as the fake API server keeps it. */
export interface Stored extends KubeObject {
  metadata: NonNullable<KubeObject["metadata"]> & { name: string; resourceVersion: string };
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
}

/** What happened to one object; `current` is missing after it was deleted. */
export interface Change {
  version: number;
  kind: Kind;
  previous?: Stored;
  /** The object now, or as it was at its end, with the resource version of the change. */
  object: Stored;
  deleted: boolean;
}

/** Whom a request is from, and which part of the object it may write. */
export interface Writer {
  manager: string;
  subresource?: string | undefined;
}

/** Name of an object within its kind. */
export interface Key {
  namespace?: string | undefined;
  name: string;
}

/** A refusal, as the API server words it. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/**
 * The objects of a fake API server, with resource versions, generations, a history of changes and
 * field ownership. It is simpler than a real one in these ways:
 *
 * - lists are replaced whole by server-side apply, never merged by a key
 * - apply is always by force
 * - nothing is validated; the only default is 1 for spec.replicas of a Deployment
 * - deletion is immediate: no finalizers, no garbage collection, no controllers
 */
export class FakeStore {
  version = 100;
  #objects = new Map<string, Stored>();
  /** Per object: the fields that each manager has set, as JSON paths. */
  #owners = new Map<string, Map<string, Set<string>>>();
  #history: Change[] = [];
  #compacted = 0;
  #listeners = new Set<(change: Change) => void>();

  get(kind: Kind, key: Key): Stored | undefined {
    return structuredClone(this.#objects.get(id(kind, key)));
  }

  list(kind: Kind, namespace?: string): Stored[] {
    const prefix = `${kind.apiVersion} ${kind.kind} ${namespace === undefined ? "" : `${namespace}/`}`;
    const found = [...this.#objects].filter(([id]) => id.startsWith(prefix)).sort(byId);
    return structuredClone(found.map(([, object]) => object));
  }

  create(kind: Kind, body: KubeObject, writer: Writer = { manager: "test" }): Stored {
    const { generateName, ...metadata } = body.metadata ?? {};
    const name = metadata.name ?? `${generateName}${randomUUID().slice(0, 5)}`;
    const key = { namespace: metadata.namespace, name };
    if (this.#objects.has(id(kind, key))) {
      throw new Refusal(409, "AlreadyExists", `${kind.plural} "${name}" already exists`);
    }
    const object = { ...body, metadata: { ...metadata, name } } as Stored;
    if (hasStatus(kind)) delete object.status;
    return this.#write(kind, key, object, writer);
  }

  /** Writes all of the object but what belongs to the other subresource. */
  replace(kind: Kind, body: KubeObject, writer: Writer = { manager: "test" }): Stored {
    const key = keyOf(body);
    const current = this.#existing(kind, key);
    refuseOutdated(kind, body, current);
    const object =
      writer.subresource === "status"
        ? { ...current, status: (body as Stored).status }
        : { ...body, ...(hasStatus(kind) && { status: current.status }) };
    return this.#write(kind, key, object as Stored, writer);
  }

  /** What somebody else does to an object, status and all: creates or overwrites it. */
  put(kind: Kind, body: KubeObject): Stored {
    return this.#write(kind, keyOf(body), body as Stored, { manager: "test" });
  }

  apply(kind: Kind, body: KubeObject, writer: Writer): Stored {
    const key = keyOf(body);
    const current = this.#objects.get(id(kind, key));
    if (writer.subresource && !current) throw notFound(kind, key);
    if (current) refuseOutdated(kind, body, current);
    const wanted = writablePart(body, writer.subresource);
    const fields = leaves(wanted);
    const managers = this.#managers(kind, key);
    const next = structuredClone(current ?? ({ metadata: key } as Stored));
    for (const path of managers.get(managerOf(writer)) ?? []) {
      const isOthers = [...managers].some(
        ([name, owned]) => name !== managerOf(writer) && owned.has(path),
      );
      if (!fields.has(path) && !isOthers) cut(next, JSON.parse(path) as string[]);
    }
    merge(next, wanted);
    const stored = this.#write(kind, key, next, writer);
    managers.set(managerOf(writer), new Set(fields.keys()));
    return stored;
  }

  /** RFC 7396: fields that are null go. */
  mergePatch(kind: Kind, key: Key, patch: KubeObject, writer: Writer): Stored {
    const current = this.#existing(kind, key);
    refuseOutdated(kind, patch, current);
    return this.#write(kind, key, merged(current, patch) as Stored, writer);
  }

  remove(kind: Kind, key: Key, uid?: string): Stored {
    const current = this.#existing(kind, key);
    if (uid && uid !== current.metadata.uid) {
      throw new Refusal(409, "Conflict", "the UID in the precondition does not match");
    }
    this.#objects.delete(id(kind, key));
    this.#owners.delete(id(kind, key));
    const metadata = { ...current.metadata, resourceVersion: String(++this.version) };
    const object = { ...current, metadata };
    this.#record({ version: this.version, kind, previous: current, object, deleted: true });
    return object;
  }

  /** The changes after a version; throws when some of them are forgotten. */
  since(version: number): Change[] {
    if (version < this.#compacted) {
      throw new Refusal(410, "Expired", `too old resource version: ${version}`);
    }
    return this.#history.filter((change) => change.version > version);
  }

  /** Forgets the history, as etcd does every five minutes. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.version;
  }

  /** Calls with every change until the function that it returns is called. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #existing(kind: Kind, key: Key): Stored {
    const current = this.#objects.get(id(kind, key));
    if (!current) throw notFound(kind, key);
    return current;
  }

  #managers(kind: Kind, key: Key): Map<string, Set<string>> {
    const managers = this.#owners.get(id(kind, key)) ?? new Map<string, Set<string>>();
    this.#owners.set(id(kind, key), managers);
    return managers;
  }

  /** Stores an object that differs from what is there; the same again changes nothing. */
  #write(kind: Kind, key: Key, body: Stored, writer: Writer): Stored {
    const previous = this.#objects.get(id(kind, key));
    const typed = { ...body, apiVersion: kind.apiVersion, kind: kind.kind };
    const object = plain(typed) as unknown as Stored;
    if (kind.kind === "Deployment") {
      object.spec = { ...(object.spec as object), replicas: replicasOf(object) ?? 1 };
    }
    const {
      resourceVersion = "",
      generation = 1,
      uid,
      creationTimestamp,
    } = previous?.metadata ?? {};
    Object.assign(object.metadata, {
      resourceVersion,
      uid: uid ?? randomUUID(),
      creationTimestamp: creationTimestamp ?? new Date().toISOString(),
      generation,
    });
    if (previous && isDeepStrictEqual(previous, object)) return structuredClone(previous);
    if (previous && !isDeepStrictEqual(previous.spec, object.spec)) {
      object.metadata.generation = generation + 1;
    }
    object.metadata.resourceVersion = String(++this.version);
    this.#own(this.#managers(kind, key), managerOf(writer), previous, object);
    this.#objects.set(id(kind, key), object);
    this.#record({
      version: this.version,
      kind,
      ...(previous && { previous }),
      object,
      deleted: false,
    });
    return structuredClone(object);
  }

  /** Who changes a field owns it from then on, alone. */
  #own(
    managers: Map<string, Set<string>>,
    manager: string,
    previous: Stored | undefined,
    object: Stored,
  ): void {
    const before = previous ? leaves(previous) : new Map<string, unknown>();
    for (const [path, value] of leaves(object)) {
      if (before.has(path) && isDeepStrictEqual(before.get(path), value)) continue;
      for (const owned of managers.values()) owned.delete(path);
      const owned = managers.get(manager) ?? new Set();
      managers.set(manager, owned.add(path));
    }
  }

  #record(change: Change): void {
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
  }
}

function replicasOf(object: Stored): unknown {
  return (object.spec as { replicas?: number } | undefined)?.replicas;
}

function id({ apiVersion, kind }: Kind, { namespace = "", name }: Key): string {
  return `${apiVersion} ${kind} ${namespace}/${name}`;
}

function byId([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

function keyOf({ metadata }: KubeObject): Key {
  return { namespace: metadata?.namespace, name: metadata?.name ?? "" };
}

function managerOf({ manager, subresource = "" }: Writer): string {
  return `${manager}/${subresource}`;
}

function hasStatus({ kind }: Kind): boolean {
  return !["ConfigMap", "Event", "Lease"].includes(kind);
}

function notFound(kind: Kind, key: Key): Refusal {
  return new Refusal(404, "NotFound", `${kind.plural} "${key.name}" not found`);
}

/** A body that names a resource version is only for the object of that version. */
function refuseOutdated(kind: Kind, body: KubeObject, { metadata }: Stored): void {
  const given = body.metadata?.resourceVersion;
  if (!given || given === metadata.resourceVersion) return;
  throw new Refusal(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${kind.plural} "${metadata.name}": the object has been modified`,
  );
}

/** The fields of a body that a writer of this subresource may set. */
function writablePart(body: KubeObject, subresource: string | undefined): Record<string, unknown> {
  if (subresource) return { [subresource]: (body as Stored)[subresource] };
  const { labels, annotations, ownerReferences } = body.metadata ?? {};
  const own = { apiVersion: undefined, kind: undefined, status: undefined };
  return plain({ ...body, ...own, metadata: { labels, annotations, ownerReferences } });
}

/** A copy as it comes out of JSON, without what is undefined. */
function plain(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

/** The fields that hold values, by path; a list is one value. */
function leaves(object: object, path: string[] = []): Map<string, unknown> {
  return new Map(
    Object.entries(object).flatMap(([name, value]: [string, unknown]) => {
      const here = [...path, name];
      if (isObject(value) && Object.keys(value).length > 0) return [...leaves(value, here)];
      return [[JSON.stringify(here), value] as const];
    }),
  );
}

function merge(target: Record<string, unknown>, source: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(source)) {
    const existing = target[name];
    if (isObject(value) && isObject(existing)) merge(existing, value);
    else target[name] = structuredClone(value);
  }
}

/** Removes the field, and the objects that are empty without it. */
function cut(target: Record<string, unknown>, [name = "", ...rest]: string[]): void {
  const child = target[name];
  if (rest.length > 0 && isObject(child)) cut(child, rest);
  if (rest.length === 0 || (isObject(child) && Object.keys(child).length === 0))
    delete target[name];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const fields: Record<string, unknown> = { ...(target as object) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete fields[name];
    else fields[name] = merged(fields[name], value);
  }
  return fields;
}
