import {
  keyOf,
  type ModelDeployment,
  type ModelDeploymentStatus,
} from "../api/model-deployment.ts";
import { reasons } from "../api/reasons.ts";
import { benchmarkAnnotation } from "../benchmark/triggers.ts";
import { Stalled, classifyApiError, Waiting } from "../diagnosis/errors.ts";
import type { JobAction } from "../enrichment/enrichment.ts";
import type { Api } from "../kube/api.ts";
import { isConflict } from "../kube/errors.ts";
import type { EventRecorder } from "../kube/events.ts";
import { nameOf, type Job, type Service } from "../kube/objects.ts";
import { kinds, type Kind, type KubeObject } from "../kube/resource.ts";
import type { Plan, Scale } from "../plan/plan.ts";
import { childEntries } from "../resources/child-kinds.ts";
import { isOwnedBy, revisionLabel } from "../resources/metadata.ts";
import { revisionOf } from "../state/observed.ts";
import type { EventSpec } from "../status/events.ts";
import type { Outcome } from "../status/outcome.ts";
import type { Log } from "../telemetry/log.ts";
import type { BenchmarkSlots } from "./benchmark-slots.ts";
import type { OwnWrites } from "./own-writes.ts";

/** Field manager of everything but the numbers of pods. */
const manager = "intendant";

/**
 * Field manager of the numbers of pods. With one manager for both, leaving the number to an
 * autoscaler would mean to apply an object without it, which resets it to 1.
 */
const replicasManager = "intendant-replicas";

/** What an applier writes with. */
export interface ApplierOptions {
  api: Api;
  /** Whether the object is known to exist and to belong to the model. */
  has: (model: ModelDeployment, object: KubeObject) => boolean;
  ownWrites: OwnWrites;
  slots: BenchmarkSlots;
  recorder: Pick<EventRecorder, "record">;
  log: Log;
}

/** Writes plans, statuses and Events to the API server. */
export class Applier {
  readonly #options: ApplierOptions;

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /**
   * Carries a plan out and returns what was done. What only a change by the user or time can
   * resolve is part of the outcome.
   *
   * @throws any other ApiError, and ConnectionError; the pass is to be repeated then
   */
  async apply(model: ModelDeployment, plan: Plan): Promise<Outcome> {
    const applied: KubeObject[] = [];
    const error = await problemOf(this.#applyPlan(model, plan, applied));
    const enrichmentError = await problemOf(this.#applyWorkers(model, plan.enrichment.action));
    return { applied, error, enrichmentError };
  }

  /** @throws ApiError with status 409 when the resource has changed since it was read */
  async applyStatus(model: ModelDeployment, status: ModelDeploymentStatus): Promise<void> {
    const { api, ownWrites } = this.#options;
    const { name, namespace, uid } = model.metadata;
    // An acknowledged request is a version of its own.
    const current = ownWrites.current(model);
    const { resourceVersion } = current.metadata;
    // With its resource version, because a cache that lags behind would tell an older story.
    const metadata = { name, namespace, uid, ...(resourceVersion && { resourceVersion }) };
    const after = await api.apply<KubeObject>(
      kinds.modelDeployment,
      { metadata, status } as KubeObject,
      { manager, subresource: "status" },
    );
    ownWrites.remember(current, after as ModelDeployment);
  }

  /** Records Events about the model; returns at once. */
  record(model: ModelDeployment, events: EventSpec[]): void {
    for (const { type, reason, message } of events) {
      this.#options.recorder.record(model, type, reason, message);
    }
  }

  /** A Job that was not created gives its slot back. */
  async #applyPlan(model: ModelDeployment, plan: Plan, applied: KubeObject[]): Promise<void> {
    try {
      await this.#applyChildren(model, plan, applied);
    } catch (error) {
      for (const job of plan.apply.filter(isJob)) this.#options.slots.release(job);
      throw error;
    }
  }

  /** @param applied gets each object that was accepted */
  async #applyChildren(model: ModelDeployment, plan: Plan, applied: KubeObject[]): Promise<void> {
    const put = async (object: KubeObject) => {
      await this.#put(model, object);
      applied.push(object);
    };
    for (const object of plan.apply.filter((one) => !isJob(one))) await put(object);
    for (const change of plan.scale) await this.#scale(model, change);
    for (const object of plan.remove) await this.#remove(model, object);
    for (const object of plan.expose) await put(object);
    if (plan.acknowledge) await this.#acknowledge(model);
    // Last, because what it measures has to be as it should be.
    for (const job of plan.apply.filter(isJob)) await put(job);
  }

  async #applyWorkers(model: ModelDeployment, action: JobAction): Promise<void> {
    if (action.kind === "remove" || action.kind === "replace")
      await this.#remove(model, action.old);
    if (action.kind === "create" || action.kind === "replace") {
      await this.#add(model, kinds.job, action.job);
    }
    if (action.kind === "change") await this.#change(model, action.change as Partial<Job>);
  }

  async #put(model: ModelDeployment, object: KubeObject): Promise<void> {
    const { api, has, log } = this.#options;
    const kind = kindOf(object);
    if (has(model, object)) await api.apply(kind, object, { manager });
    else await this.#add(model, kind, object);
    log.info({ model: keyOf(model), name: nameOf(object) }, `Applied ${kind.kind}`);
  }

  /**
   * The caches hold labelled objects only, and lag behind. An object of the same name that does not
   * belong to the model must not be taken over, and server-side apply would do that.
   */
  async #add(model: ModelDeployment, kind: Kind, object: KubeObject): Promise<void> {
    const { api } = this.#options;
    try {
      await api.apply(kind, object, { manager, ifAbsent: true });
    } catch (error) {
      if (!isConflict(error)) throw error;
      await this.#refuseForeign(model, kind, nameOf(object));
      await api.apply(kind, object, { manager });
    }
  }

  async #refuseForeign(model: ModelDeployment, kind: Kind, name: string): Promise<void> {
    const { namespace } = model.metadata;
    const found = await this.#options.api.read<KubeObject>(kind, namespace, name);
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

  /** Writes the number of workers and nothing else, as others may have written into the Job. */
  async #change(model: ModelDeployment, { metadata, spec }: Partial<Job>): Promise<void> {
    const { api, log } = this.#options;
    await api.apply(kinds.job, { metadata, spec } as KubeObject, { manager: replicasManager });
    log.info({ model: keyOf(model), name: metadata?.name, ...spec }, "Changed Job");
  }

  async #scale(model: ModelDeployment, { deployment, replicas }: Scale): Promise<void> {
    const { api, log } = this.#options;
    const metadata = { name: deployment, namespace: model.metadata.namespace };
    const object = { metadata, spec: { replicas } };
    await api.apply(kinds.deployment, object, { manager: replicasManager });
    log.info({ model: keyOf(model), name: deployment, replicas }, "Scaled Deployment");
  }

  async #remove(model: ModelDeployment, object: KubeObject): Promise<void> {
    const { api, log } = this.#options;
    const kind = kindOf(object);
    const { uid } = object.metadata ?? {};
    if (kind === kinds.deployment) await this.#refuseServing(model, object);
    await api.remove(kind, model.metadata.namespace, nameOf(object), {
      propagation: "Background",
      ...(uid !== undefined && { uid }),
    });
    log.info({ model: keyOf(model), name: nameOf(object) }, `Removed ${kind.kind}`);
  }

  /** The caches may lag behind; nothing that gets traffic at this moment is ever removed. */
  async #refuseServing(model: ModelDeployment, object: KubeObject): Promise<void> {
    const { namespace, name } = model.metadata;
    const service = await this.#options.api.read<Service>(kinds.service, namespace, name);
    if (service?.spec?.selector?.[revisionLabel] !== revisionOf(object)) return;
    throw new Waiting(`Service ${name} still selects revision ${revisionOf(object)}`);
  }

  /** Removes the annotation, so that the next request is a change again. */
  async #acknowledge(model: ModelDeployment): Promise<void> {
    const { api, ownWrites } = this.#options;
    const { name, namespace, resourceVersion } = model.metadata;
    const annotations = { [benchmarkAnnotation]: null };
    const metadata = { name, namespace, resourceVersion, annotations };
    try {
      const after = await api.merge<KubeObject>(kinds.modelDeployment, { metadata });
      ownWrites.remember(model, after as ModelDeployment);
    } catch (error) {
      if (!isConflict(error)) throw error;
      throw new Waiting(`ModelDeployment ${name} was changed in mid-pass`);
    }
  }
}

/** The Stalled or Waiting that a step ended with, if any; rejects with any other error. */
async function problemOf(step: Promise<void>): Promise<Stalled | Waiting | undefined> {
  try {
    await step;
    return undefined;
  } catch (error) {
    const problem = classifyApiError(error);
    if (problem instanceof Stalled || problem instanceof Waiting) return problem;
    throw problem;
  }
}

function isJob(object: KubeObject): object is Job & KubeObject {
  return object.kind === "Job";
}

function kindOf(object: KubeObject): Kind {
  const children = childEntries.map(([, { kind }]) => kind);
  const found = [...Object.values(kinds), ...children].find(({ kind }) => kind === object.kind);
  if (!found) throw new Error(`The operator does not write objects of kind ${object.kind}`);
  return found;
}
