import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import type { Api } from "../kube/api.ts";
import { nameOf, type Deployment, type Job, type Pod } from "../kube/objects.ts";
import { Reflector, type ReflectorLog } from "../kube/reflector.ts";
import { kinds, type Kind, type KubeObject } from "../kube/resource.ts";
import { childEntries, type SingleChildren } from "../resources/child-kinds.ts";
import { enrichmentJobName } from "../resources/enrichment-job.ts";
import { isOwnedBy, managed, modelLabel } from "../resources/metadata.ts";
import { isBenchmark, type Children } from "../state/observed.ts";
import { trimmedDeployment, trimmedJob, trimmedPod } from "./trimming.ts";

/** What to watch, and whom to tell. */
export interface CachesOptions {
  api: Pick<Api, "list" | "watch">;
  /** All namespaces when empty. */
  namespaces: string[];
  /** Called with `namespace/name` of a ModelDeployment when it or something of it changed. */
  onChange: (key: string) => void;
  /** Called when a Job of any model was created, changed or deleted. */
  onJob?: () => void;
  log: ReflectorLog;
}

/**
 * Copies of all ModelDeployments and of the objects with the operator's label: one watch for each
 * kind and namespace. Nothing begins before `start`.
 */
export class Caches {
  readonly #options: CachesOptions;
  readonly #models: Cache<ModelDeployment>;
  readonly #deployments: Cache<Deployment>;
  readonly #jobs: Cache<Job>;
  readonly #pods: Cache<Pod>;
  /** Of the kinds of which a model has at most one object, or one under each name. */
  readonly #singles = new Map<Kind, Cache<KubeObject>>();

  constructor(options: CachesOptions) {
    this.#options = options;
    const { onChange, onJob } = options;
    const labelSelector = Object.entries(managed)
      .map(([label, value]) => `${label}=${value}`)
      .join(",");
    const labelled = { labelSelector, index: ownerKey };
    this.#models = new Cache({ ...options, kind: kinds.modelDeployment, index: keyOf });
    this.#deployments = new Cache({
      ...options,
      ...labelled,
      kind: kinds.deployment,
      trim: trimmedDeployment,
    });
    this.#jobs = new Cache({
      ...options,
      ...labelled,
      kind: kinds.job,
      trim: trimmedJob,
      onChange(key) {
        onChange(key);
        onJob?.();
      },
    });
    this.#pods = new Cache({ ...options, ...labelled, kind: kinds.pod, trim: trimmedPod });
    for (const [, child] of childEntries) {
      const { kind } = child;
      if (this.#singles.has(kind)) continue;
      const onServed = () => this.#tellWhoWants(kind);
      const trim = (object: KubeObject) => child.trim?.(object) ?? object;
      this.#singles.set(kind, new Cache({ ...options, ...labelled, kind, onServed, trim }));
    }
  }

  /** All ModelDeployments. */
  models(): ModelDeployment[] {
    return this.#models.list();
  }

  /** The ModelDeployment `namespace/name`. */
  model(key: string): ModelDeployment | undefined {
    return this.#models.of(key)[0];
  }

  /** What belongs to this very ModelDeployment, and the pods of its name. */
  childrenOf(model: ModelDeployment): Children {
    const key = keyOf(model);
    const own = <T extends KubeObject>(cache: Cache<T> | undefined) =>
      cache?.of(key).filter((object) => isOwnedBy(model, object)) ?? [];
    const jobs = own(this.#jobs);
    const singles = childEntries.map(([name, child]) => {
      const objects = own(this.#singles.get(child.kind));
      return [name, objects.find((object) => nameOf(object) === child.name(model))];
    });
    return {
      ...(Object.fromEntries(singles) as SingleChildren),
      deployments: own(this.#deployments),
      jobs: jobs.filter(isBenchmark),
      enrichmentJob: jobs.find((object) => nameOf(object) === enrichmentJobName(model)),
      // Pods belong to a ReplicaSet or a Job.
      pods: this.#pods.of(key),
    };
  }

  /** The Jobs of all models. */
  jobs(): Job[] {
    return this.#jobs.list();
  }

  /** Whether an object of this kind and name is known as belonging to the ModelDeployment. */
  has(model: ModelDeployment, object: KubeObject): boolean {
    const children: (KubeObject | undefined)[] = Object.values(this.childrenOf(model)).flat();
    return children.some(
      (child) => child?.kind === object.kind && nameOf(child ?? {}) === nameOf(object),
    );
  }

  /** Whether the cluster has HTTPRoutes, as far as that is known. */
  hasGatewayAPI(): boolean {
    return this.#singles.get(kinds.httpRoute)?.isServed() ?? false;
  }

  /** Starts to list and watch. */
  start(): void {
    for (const cache of this.#all()) cache.start();
  }

  /** Resolves when everything has been listed once. */
  get synced(): Promise<void> {
    return Promise.all(this.#all().map(({ synced }) => synced)).then(() => undefined);
  }

  /** Ends all watches. */
  async stop(): Promise<void> {
    await Promise.all(this.#all().map((cache) => cache.stop()));
  }

  /** The cluster has a kind that it did not have, or has it no longer. */
  #tellWhoWants(kind: Kind): void {
    for (const [, child] of childEntries) {
      if (child.kind !== kind || !child.isWanted) continue;
      for (const model of this.models()) {
        if (child.isWanted(model)) this.#options.onChange(keyOf(model));
      }
    }
  }

  #all(): Pick<Cache<KubeObject>, "start" | "stop" | "synced">[] {
    return [this.#models, this.#deployments, this.#jobs, this.#pods, ...this.#singles.values()];
  }
}

interface CacheOptions<T extends KubeObject> extends CachesOptions {
  kind: Kind;
  labelSelector?: string;
  /** The ModelDeployment that an object is about, as `namespace/name`. */
  index: (object: T) => string | undefined;
  trim?: (object: T) => T;
  onServed?: () => void;
}

/** The objects of one kind, in all namespaces that are watched. */
class Cache<T extends KubeObject> {
  readonly #reflectors: Reflector<T>[];

  constructor({ namespaces, onChange, ...options }: CacheOptions<T>) {
    const watched = namespaces.length > 0 ? namespaces : [undefined];
    this.#reflectors = watched.map(
      (namespace) =>
        new Reflector<T>({
          ...options,
          ...(namespace !== undefined && { namespace }),
          onChange(object) {
            const key = options.index(object);
            if (key !== undefined) onChange(key);
          },
        }),
    );
  }

  list(): T[] {
    return this.#reflectors.flatMap((one) => one.list());
  }

  /** The objects about a ModelDeployment, given as `namespace/name`. */
  of(key: string): T[] {
    return this.#reflectors.flatMap((one) => one.indexed(key));
  }

  /** Whether the cluster has the kind. */
  isServed(): boolean {
    return this.#reflectors.every((one) => one.isServed());
  }

  start(): void {
    for (const one of this.#reflectors) one.start();
  }

  get synced(): Promise<unknown> {
    return Promise.all(this.#reflectors.map(({ synced }) => synced));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map((one) => one.stop()));
  }
}

function ownerKey({ metadata }: KubeObject): string | undefined {
  const name = metadata?.labels?.[modelLabel];
  return name && `${metadata?.namespace}/${name}`;
}
