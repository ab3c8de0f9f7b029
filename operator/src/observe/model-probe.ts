import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import type { Problem } from "../api/reasons.ts";
import type { Backoff } from "../kube/backoff.ts";
import type { Clock } from "../kube/clock.ts";
import { nameOf, type Pod } from "../kube/objects.ts";
import { lacksFootprint, lacksMemoryUnderLoad } from "../state/missing-footprint.ts";
import { isReady, isStarting, type Answers, type ModelDescription } from "../state/observed.ts";
import { earliestPods } from "../state/pods.ts";
import { BackgroundProbe, type Question } from "./background-probe.ts";
import type { Introspection } from "./server-client.ts";

/** Which servers to ask how, and whom to tell. */
export interface ModelProbeOptions {
  introspection: Pick<Introspection, "model" | "unready">;
  /** Called with `namespace/name` of a ModelDeployment when one of its servers said something new. */
  onChange: (key: string) => void;
  /** Requests under way at the same time, 256 unless said: most of them wait for pods that are gone. */
  concurrency?: number;
  backoff?: Backoff;
  clock?: Clock;
}

/** What a server says: the description of its model, or why it is not ready. */
type Said =
  | { kind: "model"; revision: string; description: ModelDescription }
  | { kind: "unready"; pod: string; problem: Problem };

/**
 * Asks model servers for the description of their model, once for each revision, and for the reason
 * while they are not ready.
 */
export class ModelProbe {
  readonly #introspection: ModelProbeOptions["introspection"];
  readonly #probe: BackgroundProbe<Said>;

  constructor({ introspection, concurrency = 256, ...options }: ModelProbeOptions) {
    this.#introspection = introspection;
    this.#probe = new BackgroundProbe({ concurrency, ...options });
  }

  /** Finds out what the status of a model lacks, from these pods of its servers. */
  watch(model: ModelDeployment, pods: Pod[]): void {
    const ready = pods.filter(isReady);
    const undescribed = earliestPods(ready).filter(
      ([revision]) => !isDescribed(model, revision, ready),
    );
    // Once it has been measured, its memory is another one.
    const suffix = (revision: string) =>
      lacksMemoryUnderLoad(model.status, revision) ? " after load" : "";
    const questions = new Map([
      ...undescribed.map(
        ([revision, pod]) =>
          [`model of ${revision}${suffix(revision)}`, this.#description(revision, pod)] as const,
      ),
      ...earliestPods(pods.filter(isStarting)).map(
        ([revision, pod]) => [`readiness of ${revision}`, this.#readiness(pod)] as const,
      ),
    ]);
    this.#probe.watch(keyOf(model), questions);
  }

  /** The latest answers about a model, as far as its status does not have them already. */
  latest(model: ModelDeployment): Pick<Answers, "models" | "unready"> {
    const models = new Map<string, ModelDescription>();
    const unready = new Map<string, Problem>();
    for (const said of this.#probe.latest(keyOf(model)).values()) {
      if (said.kind === "model") models.set(said.revision, said.description);
      else unready.set(said.pod, said.problem);
    }
    return { models, unready };
  }

  /** Asks nothing more about a ModelDeployment that is gone. */
  forget(key: string): void {
    this.#probe.forget(key);
  }

  /** Asks nothing more. */
  stop(): void {
    this.#probe.stop();
  }

  #description(revision: string, pod: Pod): Question<Said> {
    const ask = async (): Promise<Said | undefined> => {
      const said = await this.#introspection.model(pod.status?.podIP ?? "");
      if (!said) return undefined;
      const node = said.node && { ...said.node, pod: nameOf(pod) };
      return { kind: "model", revision, description: { ...said, ...(node && { node }) } };
    };
    return { about: identity(pod), ask, repeat: "untilAnswered" };
  }

  #readiness(pod: Pod): Question<Said> {
    const ask = async (): Promise<Said | undefined> => {
      const problem = await this.#introspection.unready(pod.status?.podIP ?? "");
      return problem === undefined ? undefined : { kind: "unready", pod: nameOf(pod), problem };
    };
    return { about: identity(pod), ask, repeat: "whileChanging" };
  }
}

/** Another pod may run on another processor, so one that is gone speaks for none. */
function isDescribed(model: ModelDeployment, revision: string, ready: Pod[]): boolean {
  const { serving } = model.status ?? {};
  if (serving?.revision !== revision || serving.sha256 === undefined) return false;
  const { pod: speaker } = serving.node ?? {};
  if (speaker !== undefined && !ready.some((pod) => nameOf(pod) === speaker)) return false;
  return !lacksFootprint(model, revision);
}

/** Changes when a pod is another one, or its server was restarted. */
function identity({ metadata, status }: Pod): string {
  const restarts = status?.containerStatuses?.[0]?.restartCount;
  return [metadata?.uid, metadata?.name, status?.podIP, restarts].join(" ");
}
