import { keyOf, type ModelDeployment } from "./api.ts";
import { lacksFootprint } from "./footprint.ts";
import type { Introspection } from "./introspection.ts";
import {
  isReady,
  isStarting,
  nameOf,
  revisionOf,
  type ModelDescription,
  type Pod,
} from "./observed.ts";

/** Milliseconds before a server that said nothing about its model is asked again. */
const askAgain = 60_000;

/** What the servers of all models say about themselves; each is asked as rarely as possible. */
export interface Servers {
  /** What each revision says about its model, unless the status has it already. */
  models(model: ModelDeployment, pods: Pod[]): Promise<Map<string, ModelDescription>>;
  /** Why servers that run are not ready, by the name of the pod; one pod of each revision. */
  unready(pods: Pod[]): Promise<Map<string, string>>;
  /** Forgets the answers for a ModelDeployment that is gone. */
  forget(key: string): void;
}

interface Answer {
  at: number;
  model: ModelDescription | undefined;
}

/** Remembers what was answered. */
export function createServers(introspection: Introspection): Servers {
  /** By ModelDeployment, then by revision. */
  const remembered = new Map<string, Map<string, Answer>>();

  async function ask(pod: Pod): Promise<Answer> {
    const podIP = pod.status?.podIP;
    return { at: performance.now(), model: podIP ? await introspection.model(podIP) : undefined };
  }

  return {
    async models(model, pods) {
      const earlier = remembered.get(keyOf(model));
      const current = new Map<string, Answer>();
      const ready = firstOfEach(pods.filter(isReady)).filter(
        ([revision]) => !isDescribed(model, revision),
      );
      await Promise.all(
        ready.map(async ([revision, pod]) => {
          const known = earlier?.get(revision);
          const isFresh = known && (known.model || performance.now() < known.at + askAgain);
          current.set(revision, isFresh ? known : await ask(pod));
        }),
      );
      if (current.size > 0) remembered.set(keyOf(model), current);
      else remembered.delete(keyOf(model));
      return new Map([...current].flatMap(([key, { model }]) => (model ? [[key, model]] : [])));
    },

    async unready(pods) {
      const silent = firstOfEach(pods.filter(isStarting));
      const answers = await Promise.all(
        silent.map(async ([, pod]): Promise<[string, string][]> => {
          const words = await introspection.unready(pod.status?.podIP ?? "");
          return words === undefined ? [] : [[nameOf(pod), words]];
        }),
      );
      return new Map(answers.flat());
    },

    forget: (key) => void remembered.delete(key),
  };
}

function isDescribed(model: ModelDeployment, revision: string): boolean {
  const { serving } = model.status ?? {};
  if (serving?.revision !== revision || serving.sha256 === undefined) return false;
  return !lacksFootprint(model, revision);
}

function firstOfEach(pods: Pod[]): [revision: string, pod: Pod][] {
  const first = new Map<string, Pod>();
  for (const pod of pods) {
    const revision = revisionOf(pod);
    if (revision !== undefined && !first.has(revision)) first.set(revision, pod);
  }
  return [...first];
}
