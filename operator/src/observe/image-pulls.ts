import type { V1Node } from "@kubernetes/client-node";
import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import { lacksPull } from "../state/missing-footprint.ts";
import { type Pulled } from "../state/observed.ts";
import type { Api } from "../kube/api.ts";
import { kinds, type Wire } from "../kube/resource.ts";
import type { Log } from "../telemetry/log.ts";
import { isReady, revisionOf } from "../state/observed.ts";
import { nameOf, type Pod } from "../kube/objects.ts";
import { pull, type PullEvent } from "./pull-event.ts";

/**
 * Asks the cluster how the image of each revision was pulled, once. Nobody waits for an answer: a
 * pass gets what is known, and `onChange` calls for another one when there is more.
 */
export interface Pulls {
  /** What is known, by revision; what the status lacks and is not known is asked from now on. */
  answers(model: ModelDeployment, pods: Pod[]): Map<string, Pulled>;
  /** Forgets the answers for a ModelDeployment that is gone. */
  forget(key: string): void;
}

/** Whom to ask, and whom to tell. */
export interface PullsOptions {
  api: Pick<Api, "list" | "read">;
  /** Called with `namespace/name` of a ModelDeployment when something is known of it. */
  onChange: (key: string) => void;
  log: Pick<Log, "debug">;
}

/** An answer is empty until it comes. */
type Answers = Map<string, Pulled | undefined>;

/** Nothing has been asked yet. */
export function createPulls({ api, onChange, log }: PullsOptions): Pulls {
  const remembered = new Map<string, Answers>();
  /** Size of an image by node and name; many pods on few nodes run the same one. */
  const sizes = new Map<string, number>();
  /** One question at a time: there are always more urgent calls to the API server. */
  let earlier: Promise<unknown> = Promise.resolve();

  async function ask(pod: Pod): Promise<Pulled> {
    const { namespace = "", uid } = pod.metadata ?? {};
    const fieldSelector = `involvedObject.uid=${uid},reason=Pulled`;
    const { items } = await api.list<PullEvent>(kinds.event, { namespace, fieldSelector });
    const { image, seconds, bytes } = pull(items);
    return { pod: nameOf(pod), seconds, bytes: bytes ?? (await onNode(pod, image)) };
  }

  /** An operator that may watch some namespaces only may not read nodes. */
  async function onNode({ spec }: Pod, image: string | undefined): Promise<number | undefined> {
    if (!spec?.nodeName || image === undefined) return undefined;
    const id = `${spec.nodeName} ${image}`;
    const known = sizes.get(id);
    if (known !== undefined) return known;
    const node = await quietly(api.read<Wire<V1Node>>(kinds.node, "", spec.nodeName));
    const found = node?.status?.images?.find(({ names }) => names?.includes(image));
    if (found?.sizeBytes !== undefined) sizes.set(id, found.sizeBytes);
    return found?.sizeBytes;
  }

  async function quietly<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (err) {
      log.debug({ err }, "Could not learn how an image was pulled");
      return undefined;
    }
  }

  /** An answer that cannot be had counts as one, so that it is not asked for again. */
  async function learn(key: string, answers: Answers, revision: string, pod: Pod): Promise<void> {
    answers.set(revision, undefined);
    const isWanted = () => remembered.get(key) === answers;
    const answer = earlier.then(() => (isWanted() ? quietly(ask(pod)) : undefined));
    earlier = answer;
    answers.set(revision, (await answer) ?? { pod: nameOf(pod) });
    if (isWanted()) onChange(key);
  }

  return {
    answers(model, pods) {
      const key = keyOf(model);
      const wanted = firstReady(pods).filter(([revision]) => lacksPull(model, revision));
      const answers = remembered.get(key) ?? new Map<string, Pulled | undefined>();
      const revisions = wanted.map(([revision]) => revision);
      for (const revision of answers.keys()) {
        if (!revisions.includes(revision)) answers.delete(revision);
      }
      if (wanted.length === 0) remembered.delete(key);
      else remembered.set(key, answers);
      for (const [revision, pod] of wanted) {
        if (!answers.has(revision)) void learn(key, answers, revision, pod);
      }
      return new Map([...answers].flatMap(([name, known]) => (known ? [[name, known]] : [])));
    },

    forget: (key) => void remembered.delete(key),
  };
}

/** One pod of each revision, the first that was made. */
function firstReady(pods: Pod[]): [revision: string, pod: Pod][] {
  const created = ({ metadata }: Pod) => metadata?.creationTimestamp ?? "";
  const latestFirst = pods.filter(isReady).sort((a, b) => (created(a) < created(b) ? 1 : -1));
  return [...new Map(latestFirst.map((pod) => [revisionOf(pod) ?? "", pod]))];
}
