import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import type { Api } from "../kube/api.ts";
import { Reflector, type ReflectorLog } from "../kube/reflector.ts";
import { kinds, type Kind, type KubeObject } from "../kube/resource.ts";
import { isBenchmark, type Children } from "../state/observed.ts";
import {
  nameOf,
  type Autoscaler,
  type Deployment,
  type DisruptionBudget,
  type Ingress,
  type Job,
  type NetworkPolicy,
  type Pod,
  type Service,
} from "../kube/objects.ts";
import { enrichmentJobName } from "../resources/enrichment-job.ts";
import type { HTTPRoute } from "../kube/objects.ts";
import { isOwnedBy, managed, modelLabel } from "../resources/metadata.ts";
import { trimmedDeployment, trimmedJob, trimmedPod, withoutStatus } from "./trimming.ts";
import { previewName } from "../resources/service.ts";

/** Copies of all ModelDeployments and of the objects that carry the operator's label. */
export interface Caches {
  models: Cache<ModelDeployment>;
  /** What belongs to this very ModelDeployment, and the pods of its name. */
  childrenOf(model: ModelDeployment): Children;
  /** All Jobs, whoever they belong to. */
  jobs(): Job[];
  /** Whether an object of this kind and name is known as belonging to the ModelDeployment. */
  has(model: ModelDeployment, object: KubeObject): boolean;
  /** Whether the cluster has HTTPRoutes, so far as that is known. */
  hasGatewayAPI(): boolean;
  start(): void;
  /** Resolves when everything has been listed once. */
  readonly synced: Promise<void>;
  stop(): Promise<void>;
}

/** What is known of one kind. */
export interface Cache<T> {
  list(): T[];
  /** The objects of a ModelDeployment, given as `namespace/name`. */
  of(key: string): T[];
  /** Whether the cluster has the kind. */
  isServed(): boolean;
}

/** What to watch, and whom to tell. */
export interface CachesOptions {
  api: Api;
  /** All namespaces when empty. */
  namespaces: string[];
  /** Called with `namespace/name` of a ModelDeployment when it or something of it changed. */
  onChange: (key: string) => void;
  /** Called when a Job has come, has changed or is gone, whosever it is. */
  onJob?: () => void;
  log: ReflectorLog;
}

/** One watch for each kind and namespace; nothing begins before `start`. */
export function createCaches(options: CachesOptions): Caches {
  const { api, namespaces, onChange, onJob, log } = options;
  const reflectors: Pick<Reflector<KubeObject>, "start" | "stop" | "synced">[] = [];
  const labelSelector = Object.entries(managed)
    .map(([label, value]) => `${label}=${value}`)
    .join(",");

  function cache<T extends KubeObject>(kind: Kind, how: Partial<Options<T>>): Cache<T> {
    const { index = ownerKey } = how;
    const parts = (namespaces.length > 0 ? namespaces : [undefined]).map(
      (namespace) =>
        new Reflector<T>({
          api,
          kind,
          ...(namespace !== undefined && { namespace }),
          ...how,
          index,
          onChange(object) {
            const key = index(object);
            if (key !== undefined) onChange(key);
            if (kind === kinds.job) onJob?.();
          },
          log,
        }),
    );
    reflectors.push(...parts);
    return {
      list: () => parts.flatMap((part) => part.list()),
      of: (key) => parts.flatMap((part) => part.indexed(key)),
      isServed: () => parts.every((part) => part.isServed()),
    };
  }

  const models = cache<ModelDeployment>(kinds.modelDeployment, { index: keyOf });
  const deployments = cache<Deployment>(kinds.deployment, {
    labelSelector,
    trim: trimmedDeployment,
  });
  const services = cache<Service>(kinds.service, { labelSelector, trim: withoutStatus });
  const autoscalers = cache<Autoscaler>(kinds.horizontalPodAutoscaler, {
    labelSelector,
    trim: withoutStatus,
  });
  const disruptionBudgets = cache<DisruptionBudget>(kinds.podDisruptionBudget, {
    labelSelector,
    trim: withoutStatus,
  });
  const networkPolicies = cache<NetworkPolicy>(kinds.networkPolicy, { labelSelector });
  const ingresses = cache<Ingress>(kinds.ingress, { labelSelector });
  const httpRoutes = cache<HTTPRoute>(kinds.httpRoute, { labelSelector, onServed: tellExposed });
  const jobs = cache<Job>(kinds.job, { labelSelector, trim: trimmedJob });
  const pods = cache<Pod>(kinds.pod, { labelSelector, trim: trimmedPod });

  /** Whoever asks for an HTTPRoute is told when the cluster has them, or has them no longer. */
  function tellExposed(): void {
    const exposed = models.list().filter(({ spec }) => spec.expose?.httpRoute);
    for (const model of exposed) onChange(keyOf(model));
  }

  return {
    models,
    hasGatewayAPI: () => httpRoutes.isServed(),

    childrenOf(model) {
      const key = keyOf(model);
      const own = <T extends KubeObject>(cache: Cache<T>) =>
        cache.of(key).filter((object) => isOwnedBy(model, object));
      const named = (object: KubeObject) => nameOf(object) === model.metadata.name;
      return {
        deployments: own(deployments),
        service: own(services).find(named),
        preview: own(services).find((object) => nameOf(object) === previewName(model)),
        autoscaler: own(autoscalers).find(named),
        disruptionBudget: own(disruptionBudgets).find(named),
        networkPolicy: own(networkPolicies).find(named),
        ingress: own(ingresses).find(named),
        httpRoute: own(httpRoutes).find(named),
        jobs: own(jobs).filter(isBenchmark),
        enrichmentJob: own(jobs).find((object) => nameOf(object) === enrichmentJobName(model)),
        // Pods belong to a ReplicaSet or a Job.
        pods: pods.of(key),
      };
    },

    jobs: () => jobs.list(),

    has(model, object) {
      const children: (KubeObject | undefined)[] = Object.values(this.childrenOf(model)).flat();
      return children.some(
        (child) => child?.kind === object.kind && nameOf(child ?? {}) === nameOf(object),
      );
    },

    start() {
      for (const reflector of reflectors) reflector.start();
    },
    synced: Promise.all(reflectors.map(({ synced }) => synced)).then(() => undefined),
    async stop() {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
  };
}

interface Options<T> {
  labelSelector: string;
  index: (object: T) => string | undefined;
  trim: (object: T) => T;
  onServed: () => void;
}

function ownerKey({ metadata }: KubeObject): string | undefined {
  const name = metadata?.labels?.[modelLabel];
  return name && `${metadata?.namespace}/${name}`;
}
