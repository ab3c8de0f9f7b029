import type { V1Node } from "@kubernetes/client-node";
import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import type { Api } from "../kube/api.ts";
import { nameOf, type Pod } from "../kube/objects.ts";
import { kinds, type Wire } from "../kube/resource.ts";
import { lacksPull } from "../state/missing-footprint.ts";
import { isReady, type Pulled } from "../state/observed.ts";
import { earliestPods } from "../state/pods.ts";
import type { Log } from "../telemetry/log.ts";
import { BackgroundProbe, type Question } from "./background-probe.ts";
import { pull, type PullEvent } from "./pull-event.ts";

/** Which cluster to ask, and whom to tell. */
export interface ImagePullProbeOptions {
  api: Pick<Api, "list" | "read">;
  /** Called with `namespace/name` of a ModelDeployment when something is known of it. */
  onChange: (key: string) => void;
  log: Pick<Log, "debug">;
}

/** Finds out how the image of each revision was pulled, once, from the Events of a pod. */
export class ImagePullProbe {
  readonly #api: ImagePullProbeOptions["api"];
  readonly #log: ImagePullProbeOptions["log"];
  readonly #probe: BackgroundProbe<Pulled>;
  /** Size of an image by node and name; many pods on few nodes run the same one. */
  readonly #sizes = new Map<string, number>();

  constructor({ api, onChange, log }: ImagePullProbeOptions) {
    this.#api = api;
    this.#log = log;
    // One at a time: there are always more urgent calls to the API server.
    this.#probe = new BackgroundProbe({ onChange, concurrency: 1 });
  }

  /** Finds out what the status of a model lacks, from these pods of its servers. */
  watch(model: ModelDeployment, pods: Pod[]): void {
    const wanted = earliestPods(pods.filter(isReady)).filter(([revision]) =>
      lacksPull(model, revision),
    );
    const questions = wanted.map(([revision, pod]): [string, Question<Pulled>] => [
      revision,
      { about: revision, ask: () => this.#ask(pod), repeat: "untilAnswered" },
    ]);
    this.#probe.watch(keyOf(model), new Map(questions));
  }

  /** What is known and not in the status yet, by revision. */
  latest(model: ModelDeployment): Map<string, Pulled> {
    return this.#probe.latest(keyOf(model));
  }

  /** Forgets the answers about a ModelDeployment that is gone. */
  forget(key: string): void {
    this.#probe.forget(key);
  }

  /** Asks nothing more. */
  stop(): void {
    this.#probe.stop();
  }

  /** What cannot be found out counts as an answer, so that it is not asked for again. */
  async #ask(pod: Pod): Promise<Pulled> {
    return (await this.#orUndefined(this.#pull(pod))) ?? { pod: nameOf(pod) };
  }

  async #pull(pod: Pod): Promise<Pulled> {
    const { namespace = "", uid } = pod.metadata ?? {};
    const fieldSelector = `involvedObject.uid=${uid},reason=Pulled`;
    const { items } = await this.#api.list<PullEvent>(kinds.event, { namespace, fieldSelector });
    const { image, seconds, bytes } = pull(items);
    return { pod: nameOf(pod), seconds, bytes: bytes ?? (await this.#sizeOnNode(pod, image)) };
  }

  /** An operator that may watch some namespaces only may not read nodes. */
  async #sizeOnNode({ spec }: Pod, image: string | undefined): Promise<number | undefined> {
    if (!spec?.nodeName || image === undefined) return undefined;
    const id = `${spec.nodeName} ${image}`;
    const known = this.#sizes.get(id);
    if (known !== undefined) return known;
    const reading = this.#api.read<Wire<V1Node>>(kinds.node, "", spec.nodeName);
    const node = await this.#orUndefined(reading);
    const found = node?.status?.images?.find(({ names }) => names?.includes(image));
    if (found?.sizeBytes !== undefined) this.#sizes.set(id, found.sizeBytes);
    return found?.sizeBytes;
  }

  async #orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (err) {
      this.#log.debug({ err }, "Could not read how an image was pulled");
      return undefined;
    }
  }
}
