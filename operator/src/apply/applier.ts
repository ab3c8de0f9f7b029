import {
  keyOf,
  type ModelDeployment,
  type ModelDeploymentStatus,
} from "../api/model-deployment.ts";
import { reasons } from "../api/reasons.ts";
import { createBenchmarkSlots } from "./benchmark-slots.ts";
import type { Caches, Children } from "../observe/caches.ts";
import { benchmarkAnnotation } from "../benchmark/triggers.ts";
import type { JobAction } from "../enrichment/enrichment.ts";
import { Stalled, classifyApiError, Waiting } from "../diagnosis/errors.ts";
import type { EventSpec } from "../status/events.ts";
import type { Installation } from "../resources/installation.ts";
import type { Api } from "../kube/api.ts";
import { isConflict } from "../kube/errors.ts";
import type { EventRecorder } from "../kube/events.ts";
import { kinds, type Kind, type KubeObject } from "../kube/resource.ts";
import type { Log } from "../telemetry/log.ts";
import { lacksResult } from "../state/jobs.ts";
import {
  isBenchmark,
  revisionOf,
  servers as serversAmong,
  type Observed,
  type Source,
} from "../state/observed.ts";
import {
  nameOf,
  type ConfigMap,
  type Job,
  type PersistentVolumeClaim,
  type Pod,
  type Service,
} from "../kube/objects.ts";
import type { Plan, Scale } from "../plan/plan.ts";
import type { Polling } from "../observe/polling.ts";
import type { Pulls } from "../observe/image-pulls.ts";
import { asAnnotator } from "../resources/enrichment-job.ts";
import { benchmarkName, isOwnedBy, modelLabel, revisionLabel } from "../resources/metadata.ts";
import type { Servers } from "../observe/descriptions.ts";
import { claimSource, configMapSource, unseenSource } from "../observe/model-source.ts";

/** Field manager of everything but the numbers of pods. */
const manager = "intendant";

/**
 * Field manager of the numbers of pods. With one manager for both, leaving the number to an
 * autoscaler would mean to apply an object without it, which resets it to 1.
 */
const replicasManager = "intendant-replicas";

/** The real world: what the operator sees of it, and what it does to it. */
export interface Cluster {
  models(): ModelDeployment[];
  /** The ModelDeployment `namespace/name`. */
  model(key: string): ModelDeployment | undefined;
  observe(model: ModelDeployment): Promise<Observed>;
  /** Takes a slot for a Job that is about to be made; false when others have been faster. */
  claim(model: ModelDeployment, job: Job): boolean;
  /** How many other models are being measured. */
  othersMeasured(model: ModelDeployment): number;
  /** Carries a plan out; throws Stalled or Waiting where the world does not allow it. */
  apply(model: ModelDeployment, plan: Plan): Promise<void>;
  /** The same for the workers of the enrichment. */
  enrich(model: ModelDeployment, action: JobAction): Promise<void>;
  /** Rejects with a conflict when the resource has changed since it was seen. */
  applyStatus(model: ModelDeployment, status: ModelDeploymentStatus): Promise<void>;
  record(model: ModelDeployment, happenings: EventSpec[]): void;
  /** Forgets what is remembered of a ModelDeployment that is gone. */
  forget(key: string): void;
}

/** What a cluster is made of. */
export interface ClusterOptions {
  api: Api;
  caches: Caches;
  servers: Servers;
  pulls: Pulls;
  polling: Polling;
  recorder: EventRecorder;
  log: Log;
  installation: Pick<Installation, "benchmarkConcurrency">;
}

/** The cluster behind the API server. */
export function createCluster(options: ClusterOptions): Cluster {
  const { api, caches, servers, pulls, polling, recorder, log, installation } = options;
  /** What was written last, and the versions that it was written over, one after the other. */
  const written = new Map<string, { over: Set<string | undefined>; model: ModelDeployment }>();

  /** The caches lag behind; a pass that began from before the last one would end in a conflict. */
  function latest(key: string): ModelDeployment | undefined {
    const seen = caches.models.of(key)[0];
    const own = written.get(key);
    if (seen && own?.over.has(seen.metadata.resourceVersion)) return own.model;
    written.delete(key);
    return seen;
  }
  const slots = createBenchmarkSlots(() => caches.jobs(), installation.benchmarkConcurrency);

  async function source(model: ModelDeployment): Promise<Source> {
    const { namespace } = model.metadata;
    const { configMap, persistentVolumeClaim: claim } = model.spec.model;
    if (configMap) {
      const found = await api.read<ConfigMap>(kinds.configMap, namespace, configMap.name);
      return configMapSource(model, found);
    }
    if (!claim) return unseenSource(model);
    const kind = kinds.persistentVolumeClaim;
    const found = await api.read<PersistentVolumeClaim>(kind, namespace, claim.claimName);
    return claimSource(model, found);
  }

  async function annotator(model: ModelDeployment): Promise<Source | undefined> {
    const { enrichment } = model.spec;
    return enrichment && source(asAnnotator(model, enrichment));
  }

  /** The watch of Jobs can be ahead of the one of pods; no result is missed because of that. */
  async function pods(model: ModelDeployment, children: Children): Promise<Pod[]> {
    const past = model.status?.history?.map(({ job }) => job) ?? [];
    const open = children.jobs.filter((job) => !past.includes(nameOf(job)));
    if (!open.some((job) => lacksResult(job, children.pods))) return children.pods;
    const { name, namespace } = model.metadata;
    const labelSelector = `app.kubernetes.io/name=${benchmarkName},${modelLabel}=${name}`;
    const { items } = await api.list<Pod>(kinds.pod, { namespace, labelSelector });
    return [...children.pods.filter((pod) => !isBenchmark(pod)), ...items];
  }

  async function put(model: ModelDeployment, object: KubeObject): Promise<void> {
    const kind = kindOf(object);
    if (caches.has(model, object)) await api.apply(kind, object, { manager });
    else await add(model, kind, object);
    log.info({ model: keyOf(model), name: nameOf(object) }, `Applied ${kind.kind}`);
  }

  /**
   * The caches hold labelled objects only, and lag behind. Whatever else has the name must not be
   * taken over, and server-side apply would do that.
   */
  async function add(model: ModelDeployment, kind: Kind, object: KubeObject): Promise<void> {
    try {
      await api.apply(kind, object, { manager, ifAbsent: true });
    } catch (error) {
      if (!isConflict(error)) throw error;
      await refuseForeign(model, kind, nameOf(object));
      await api.apply(kind, object, { manager });
    }
  }

  async function refuseForeign(model: ModelDeployment, kind: Kind, name: string): Promise<void> {
    const found = await api.read<KubeObject>(kind, model.metadata.namespace, name);
    if (!found || isOwnedBy(model, found)) return;
    const owner = found.metadata?.ownerReferences?.find(({ controller }) => controller);
    if (owner?.kind === "ModelDeployment" && owner.name === model.metadata.name) {
      throw new Waiting(`${kind.kind} ${name} of an earlier ModelDeployment is being removed`);
    }
    const whose = owner ? `belongs to ${owner.kind} ${owner.name}` : "does not belong to Intendant";
    const remedy = "remove it or give the ModelDeployment another name";
    const message = `${kind.kind} ${name} exists and ${whose}; ${remedy}`;
    throw new Stalled({ reason: reasons.NameTaken, message });
  }

  /** Nothing but the number of workers, whatever others have written into the Job. */
  async function change(model: ModelDeployment, { metadata, spec }: Partial<Job>): Promise<void> {
    await api.apply(kinds.job, { metadata, spec } as KubeObject, { manager: replicasManager });
    log.info({ model: keyOf(model), name: metadata?.name, ...spec }, "Changed Job");
  }

  async function scale(model: ModelDeployment, { deployment, replicas }: Scale): Promise<void> {
    const metadata = { name: deployment, namespace: model.metadata.namespace };
    const object = { metadata, spec: { replicas } };
    await api.apply(kinds.deployment, object, { manager: replicasManager });
    log.info({ model: keyOf(model), name: deployment, replicas }, "Scaled Deployment");
  }

  async function remove(model: ModelDeployment, object: KubeObject): Promise<void> {
    const kind = kindOf(object);
    const { uid } = object.metadata ?? {};
    if (kind === kinds.deployment) await refuseServing(model, object);
    await api.remove(kind, model.metadata.namespace, nameOf(object), {
      propagation: "Background",
      ...(uid !== undefined && { uid }),
    });
    log.info({ model: keyOf(model), name: nameOf(object) }, `Removed ${kind.kind}`);
  }

  /** Takes the annotation away, so that the next request is a change again. */
  async function acknowledge(model: ModelDeployment): Promise<void> {
    const { name, namespace, resourceVersion } = model.metadata;
    const annotations = { [benchmarkAnnotation]: null };
    const metadata = { name, namespace, resourceVersion, annotations };
    try {
      remember(model, await api.merge<KubeObject>(kinds.modelDeployment, { metadata }));
    } catch (error) {
      if (!isConflict(error)) throw error;
      throw new Waiting(`ModelDeployment ${name} was changed in mid-pass`);
    }
  }

  /** What was written over the resource as this pass saw it. */
  function remember(model: ModelDeployment, answer: KubeObject): void {
    const { over = new Set<string | undefined>() } = written.get(keyOf(model)) ?? {};
    over.add(model.metadata.resourceVersion);
    written.set(keyOf(model), { over, model: answer as ModelDeployment });
  }

  /** The caches may lag behind; nothing that gets traffic at this moment is ever removed. */
  async function refuseServing(model: ModelDeployment, object: KubeObject): Promise<void> {
    const { namespace, name } = model.metadata;
    const service = await api.read<Service>(kinds.service, namespace, name);
    if (service?.spec?.selector?.[revisionLabel] !== revisionOf(object)) return;
    throw new Waiting(`Service ${name} still selects revision ${revisionOf(object)}`);
  }

  return {
    models: () => caches.models.list(),
    model: latest,

    async observe(model) {
      const children = caches.childrenOf(model);
      const running = serversAmong(children.pods);
      const [found, all, annotating] = await Promise.all([
        source(model),
        pods(model, children),
        annotator(model),
      ]);
      const serving = children.service?.spec?.selector?.[revisionLabel];
      const world = { ...children, servers: running, serving, annotator: annotating };
      const hasGatewayAPI = caches.hasGatewayAPI();
      const answers = servers.answers(model, running);
      const pulled = pulls.answers(model, running);
      return {
        ...children,
        hasGatewayAPI,
        source: found,
        pods: all,
        othersMeasured: model.spec.benchmark ? slots.others(model) : 0,
        ...answers,
        pulls: pulled,
        annotator: annotating,
        ...polling.known(model, world),
      };
    },

    claim: (model, job) => slots.take(model, job),
    othersMeasured: (model) => slots.others(model),

    async apply(model, plan) {
      const isJob = ({ kind }: KubeObject) => kind === "Job";
      try {
        for (const object of plan.apply.filter((one) => !isJob(one))) await put(model, object);
        for (const change of plan.scale) await scale(model, change);
        for (const object of plan.remove) await remove(model, object);
        for (const object of plan.expose) await put(model, object);
        if (plan.acknowledge) await acknowledge(model);
        // Last, because what it measures has to be as it should be.
        for (const job of plan.apply.filter(isJob)) await put(model, job);
      } catch (error) {
        for (const job of plan.apply.filter(isJob)) slots.release(job as Job);
        throw classifyApiError(error);
      }
    },

    async enrich(model, action) {
      try {
        if (action.kind === "remove" || action.kind === "replace") await remove(model, action.old);
        if (action.kind === "create" || action.kind === "replace")
          await add(model, kinds.job, action.job);
        if (action.kind === "change") await change(model, action.change as Partial<Job>);
      } catch (error) {
        throw classifyApiError(error);
      }
    },

    async applyStatus(model, status) {
      // With its resource version, because a cache that lags behind would tell an older story.
      const { name, namespace, uid } = model.metadata;
      const own = written.get(keyOf(model));
      // An acknowledged request is a version of its own.
      const current = own?.over.has(model.metadata.resourceVersion) ? own.model : model;
      const { resourceVersion } = current.metadata;
      const metadata = { name, namespace, uid, ...(resourceVersion && { resourceVersion }) };
      const object = { metadata, status };
      const options = { manager, subresource: "status" } as const;
      const answer = await api.apply<KubeObject>(kinds.modelDeployment, object, options);
      remember(current, answer);
    },

    record(model, happenings) {
      for (const { type, reason, message } of happenings) {
        recorder.record(model, type, reason, message);
      }
    },

    forget(key) {
      written.delete(key);
      servers.forget(key);
      pulls.forget(key);
      polling.forget(key);
    },
  };
}

function kindOf(object: KubeObject): Kind {
  const kind = Object.values(kinds).find(({ kind }) => kind === object.kind);
  if (!kind) throw new Error(`The operator does not write objects of kind ${object.kind}`);
  return kind;
}
