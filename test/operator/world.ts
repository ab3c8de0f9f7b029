import { isDeepStrictEqual } from "node:util";
import type {
  Condition,
  ModelDeployment,
  ModelDeploymentStatus,
} from "../../operator/src/api/model-deployment.ts";
import type { ConditionType } from "../../operator/src/api/reasons.ts";
import type { Stalled, Waiting } from "../../operator/src/diagnosis/errors.ts";
import type { Enrichment } from "../../operator/src/enrichment/enrichment.ts";
import { events } from "../../operator/src/status/events.ts";
import { childKeyOf, type ChildKey } from "../../operator/src/resources/child-kinds.ts";
import type { AllowedPeers } from "../../operator/src/resources/installation.ts";
import type { KubeObject } from "../../operator/src/kube/resource.ts";
import {
  isServer,
  isWorker,
  podsOf,
  revisionOf,
  type Observed,
} from "../../operator/src/state/observed.ts";
import {
  nameOf,
  type ConfigMap,
  type Deployment,
  type Job,
} from "../../operator/src/kube/objects.ts";
import { plan, type Plan } from "../../operator/src/plan/plan.ts";
import { status } from "../../operator/src/status/status.ts";
import { conditionOf } from "../../operator/src/api/model-deployment.ts";
import { finished, images, intentFr, measurement, observed, pod, worker } from "./fixtures.ts";

/** What a pass decided and said. */
export interface Pass {
  plan: Plan;
  status: ModelDeploymentStatus;
  /** Reasons of the events. */
  events: string[];
}

/**
 * A cluster in memory with one ModelDeployment, for the pure part of the operator: plans come true
 * at once, and the test says when pods become available and benchmarks end.
 */
export class World {
  model: ModelDeployment;
  observed: Observed = observed();
  /** The ConfigMaps, by name. */
  reports = new Map<string, ConfigMap>();
  now = new Date("2026-10-01T12:00:00Z");
  images = images;
  networkPolicy: AllowedPeers | undefined;
  benchmarkConcurrency = 1;

  constructor(spec: Partial<ModelDeployment["spec"]> = {}) {
    this.model = intentFr(spec);
  }

  /** One pass of the operator. With an error, nothing of the plan is carried out. */
  pass(error?: Stalled | Waiting): Pass {
    const { model, observed, now } = this;
    const decided = plan(model, observed, this);
    const outcome = error
      ? { applied: [], error }
      : { applied: [...decided.apply, ...decided.expose] };
    const pass = { model, observed, plan: decided, outcome, now };
    const after = status(pass);
    const told = events({ ...pass, after });
    if (!error) this.#carryOut(decided);
    // As it comes back from the API server.
    const stored = JSON.parse(JSON.stringify(after)) as ModelDeploymentStatus;
    this.model = { ...this.model, status: stored };
    return { plan: decided, status: after, events: told.map(({ reason }) => reason) };
  }

  /** Passes with a kubelet that makes all pods available, until nothing changes any more. */
  settle(kubelet: () => void = () => this.kubelet()): Pass {
    for (let passes = 0; passes < 20; passes += 1) {
      kubelet();
      const before = this.model.status;
      const pass = this.pass();
      if (isIdle(pass.plan) && isDeepStrictEqual(before, this.model.status)) return pass;
    }
    throw new Error("The operator does not come to rest within 20 passes");
  }

  /** Makes the pods of all Deployments available, but for those of broken revisions. */
  kubelet(broken: string[] = []): void {
    const pods = this.observed.pods.filter((pod) => !isServer(pod));
    for (const deployment of this.observed.deployments) {
      const revision = revisionOf(deployment)!;
      const replicas = deployment.spec?.replicas ?? 1;
      const ready = !broken.includes(revision);
      deployment.status = {
        observedGeneration: deployment.metadata?.generation,
        replicas,
        updatedReplicas: replicas,
        availableReplicas: ready ? replicas : 0,
      };
      for (let index = 0; index < replicas; index += 1) {
        pods.push(pod(this.model, revision, { name: `${nameOf(deployment)}-${index}`, ready }));
      }
    }
    this.observed = { ...this.observed, pods };
  }

  /** Ends the benchmark that is under way. */
  k6(end: Parameters<typeof finished>[1] = { message: JSON.stringify(measurement) }): void {
    const { jobs, pods } = this.observed;
    const running = jobs.find(({ status }) => status === undefined);
    if (!running) throw new Error("There is no benchmark");
    const { job, pod } = finished(running, end);
    const others = jobs.filter((one) => one !== running);
    this.observed = { ...this.observed, jobs: [...others, job], pods: [...pods, pod] };
  }

  /** Somebody edits the spec. */
  edit(spec: Partial<ModelDeployment["spec"]>): void {
    const { metadata } = this.model;
    this.model = {
      ...this.model,
      metadata: { ...metadata, generation: metadata.generation + 1 },
      spec: { ...this.model.spec, ...spec },
    };
  }

  /** Somebody writes an annotation, or takes it away. */
  annotate(name: string, value: string | undefined): void {
    const { [name]: _, ...others } = this.model.metadata.annotations ?? {};
    const annotations = value === undefined ? others : { ...others, [name]: value };
    this.model = { ...this.model, metadata: { ...this.model.metadata, annotations } };
  }

  /** The clock goes on by so many seconds. */
  wait(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }

  /** The revisions whose Deployments ask for pods, with the numbers of them. */
  get revisions(): Record<string, number> {
    const entries = this.observed.deployments.map((deployment) => {
      return [revisionOf(deployment) ?? "", deployment.spec?.replicas ?? 1] as const;
    });
    return Object.fromEntries(entries.filter(([, replicas]) => replicas > 0));
  }

  /** The revisions whose Deployments are kept without pods. */
  get retired(): string[] {
    return this.observed.deployments.flatMap((deployment) =>
      deployment.spec?.replicas === 0 ? (revisionOf(deployment) ?? []) : [],
    );
  }

  /** The revision that the Service selects. */
  get selected(): string | undefined {
    return this.observed.service?.spec?.selector?.["intendant.dev/revision"];
  }

  condition(type: ConditionType): Condition {
    return conditionOf(this.model.status, type)!;
  }

  /** The workers come and go as the Job says, at once. */
  #enrich({ action }: Enrichment): void {
    const world = this.observed;
    if (action.kind === "remove") this.observed = { ...world, enrichmentJob: undefined };
    if (action.kind === "create" || action.kind === "replace") {
      const job = structuredClone(action.job);
      this.observed = {
        ...world,
        enrichmentJob: { ...job, metadata: { ...job.metadata, uid: "j" } },
      };
    }
    if (action.kind === "change" && world.enrichmentJob) {
      const spec = { ...world.enrichmentJob.spec!, ...action.change.spec };
      this.observed = { ...world, enrichmentJob: { ...world.enrichmentJob, spec } };
    }
    const { enrichmentJob: job } = this.observed;
    const count = job && !job.status && !job.spec?.suspend ? (job.spec?.parallelism ?? 1) : 0;
    const workers = Array.from({ length: count }, (_, index) =>
      worker(this.model, `worker-${index}`),
    );
    const others = this.observed.pods.filter((pod) => !isWorker(pod));
    this.observed = { ...this.observed, pods: [...others, ...workers] };
  }

  #carryOut({ apply, scale, remove, expose, acknowledge, enrichment }: Plan): void {
    this.#enrich(enrichment);
    if (acknowledge) this.annotate("intendant.dev/benchmark", undefined);
    for (const object of apply) this.#put(structuredClone(object));
    for (const { deployment: name, replicas } of scale) {
      const deployment = this.observed.deployments.find((one) => nameOf(one) === name);
      if (!deployment) throw new Error(`There is no Deployment ${name} to scale`);
      deployment.spec!.replicas = replicas;
      deployment.metadata!.generation! += 1;
    }
    for (const object of remove) this.#remove(object);
    for (const object of expose) this.#put(structuredClone(object));
  }

  #put(object: KubeObject): void {
    if (object.kind === "ConfigMap") this.reports.set(nameOf(object), object as ConfigMap);
    if (object.kind === "ConfigMap") return;
    const world = this.observed;
    if (object.kind === "Job") this.observed = { ...world, jobs: [...world.jobs, object as Job] };
    else if (object.kind === "Deployment") this.#putDeployment(object as Deployment);
    else this.observed = { ...world, [this.#placeOf(object)]: object };
  }

  #putDeployment(wanted: Deployment): void {
    const others = this.observed.deployments.filter((one) => nameOf(one) !== nameOf(wanted));
    const old = this.observed.deployments.find((one) => nameOf(one) === nameOf(wanted));
    const generation = (old?.metadata?.generation ?? 0) + 1;
    const replicas = old?.spec?.replicas ?? 1;
    const deployment: Deployment = {
      ...wanted,
      metadata: { ...wanted.metadata, generation },
      spec: { ...wanted.spec!, replicas },
      ...(old?.status && { status: old.status }),
    };
    this.observed = { ...this.observed, deployments: [...others, deployment] };
  }

  #placeOf(object: KubeObject): ChildKey {
    const place = childKeyOf(this.model, object);
    if (place) return place;
    throw new Error(`The world has no place for ${object.kind} ${nameOf(object)}`);
  }

  #remove(object: KubeObject): void {
    if (object.kind === "ConfigMap") this.reports.delete(nameOf(object));
    if (object.kind === "ConfigMap") return;
    const world = this.observed;
    this.observed = {
      ...world,
      deployments: world.deployments.filter((one) => one !== object),
      jobs: world.jobs.filter((one) => one !== object),
      ...(object.kind !== "Deployment" &&
        object.kind !== "Job" && { [this.#placeOf(object)]: undefined }),
    };
  }
}

/** The container of the first pod of a revision starts again. */
export function restart({ observed, model }: World, revision: string): void {
  const [first] = podsOf(observed, revision);
  if (!first) throw new Error(`Revision ${revision} of ${model.metadata.name} has no pod`);
  const container = { name: "server", image: "", imageID: "", ready: true, restartCount: 1 };
  first.status = { ...first.status, containerStatuses: [container] };
}

/** Whether a plan does nothing. */
export function isIdle(plan: Plan): boolean {
  const { apply, scale, remove, expose, acknowledge, enrichment } = plan;
  const isDone = apply.length + scale.length + remove.length + expose.length === 0;
  return isDone && !acknowledge && enrichment.action.kind === "nothing";
}
