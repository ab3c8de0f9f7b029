import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Api } from "../kube/api.ts";
import { nameOf, type ConfigMap, type PersistentVolumeClaim, type Pod } from "../kube/objects.ts";
import { kinds } from "../kube/resource.ts";
import { asAnnotator } from "../resources/enrichment-job.ts";
import { benchmarkName, modelLabel, revisionLabel } from "../resources/metadata.ts";
import { lacksResult } from "../state/jobs.ts";
import {
  isBenchmark,
  servers,
  type Answers,
  type Children,
  type Source,
} from "../state/observed.ts";
import type { Caches } from "./caches.ts";
import type { CaptureProbe } from "./capture-probe.ts";
import type { ImagePullProbe } from "./image-pull-probe.ts";
import type { ModelProbe } from "./model-probe.ts";
import { claimSource, configMapSource, unseenSource } from "./model-source.ts";

/** Where an observer looks. */
export interface ObserverOptions {
  api: Pick<Api, "list" | "read">;
  caches: Pick<Caches, "childrenOf" | "hasGatewayAPI">;
  modelProbe: ModelProbe;
  imagePullProbe: ImagePullProbe;
  captureProbe: CaptureProbe;
}

/** Collects what is known about one ModelDeployment. */
export class Observer {
  readonly #options: ObserverOptions;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /**
   * Its children and what is known about them.
   *
   * @throws ApiError or ConnectionError when the API server does not answer as expected
   */
  async observe(model: ModelDeployment): Promise<Children & Answers> {
    const { caches, modelProbe, imagePullProbe, captureProbe } = this.#options;
    const children = caches.childrenOf(model);
    const serverPods = servers(children.pods);
    const [source, pods, annotator] = await Promise.all([
      this.#source(model),
      this.#pods(model, children),
      this.#annotator(model),
    ]);
    const serving = children.service?.spec?.selector?.[revisionLabel];
    modelProbe.watch(model, serverPods);
    imagePullProbe.watch(model, serverPods);
    captureProbe.watch(model, { ...children, servers: serverPods, serving, annotator });
    return {
      ...children,
      pods,
      source,
      annotator,
      hasGatewayAPI: caches.hasGatewayAPI(),
      ...modelProbe.latest(model),
      pulls: imagePullProbe.latest(model),
      ...captureProbe.latest(model),
    };
  }

  /** Forgets a ModelDeployment that is gone, given as `namespace/name`. */
  forget(key: string): void {
    for (const probe of this.#probes()) probe.forget(key);
  }

  /** Asks no pod and no Event any more. */
  stop(): void {
    for (const probe of this.#probes()) probe.stop();
  }

  #probes() {
    const { modelProbe, imagePullProbe, captureProbe } = this.#options;
    return [modelProbe, imagePullProbe, captureProbe];
  }

  async #source(model: ModelDeployment): Promise<Source> {
    const { api } = this.#options;
    const { namespace } = model.metadata;
    const { configMap, persistentVolumeClaim: claim } = model.spec.model;
    if (configMap) {
      const found = await api.read<ConfigMap>(kinds.configMap, namespace, configMap.name);
      return configMapSource(model, found);
    }
    if (!claim) return unseenSource(model);
    const kind = kinds.persistentVolumeClaim;
    return claimSource(
      model,
      await api.read<PersistentVolumeClaim>(kind, namespace, claim.claimName),
    );
  }

  async #annotator(model: ModelDeployment): Promise<Source | undefined> {
    const { enrichment } = model.spec;
    return enrichment && this.#source(asAnnotator(model, enrichment));
  }

  /** The watch of Jobs can be ahead of the one of pods; no result is missed because of that. */
  async #pods(model: ModelDeployment, { jobs, pods }: Children): Promise<Pod[]> {
    const reported = model.status?.history?.map(({ job }) => job) ?? [];
    const open = jobs.filter((job) => !reported.includes(nameOf(job)));
    if (!open.some((job) => lacksResult(job, pods))) return pods;
    const { name, namespace } = model.metadata;
    const labelSelector = `app.kubernetes.io/name=${benchmarkName},${modelLabel}=${name}`;
    const { items } = await this.#options.api.list<Pod>(kinds.pod, { namespace, labelSelector });
    return [...pods.filter((pod) => !isBenchmark(pod)), ...items];
  }
}
