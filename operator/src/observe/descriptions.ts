import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../api/reasons.ts";
import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import { lacksFootprint, lacksMemoryUnderLoad } from "../state/missing-footprint.ts";
import type { Introspection } from "./server-client.ts";
import { exponential, type Backoff } from "../kube/backoff.ts";
import { systemClock, type Clock } from "../kube/clock.ts";
import { isReady, isStarting, revisionOf, type ModelDescription } from "../state/observed.ts";
import { nameOf, type Pod } from "../kube/objects.ts";

/** What servers have said about themselves so far. */
export interface Answers {
  /** About their model, by revision, unless the status has it already. */
  models: Map<string, ModelDescription>;
  /** Why servers that run are not ready, by the name of the pod; one pod of each revision. */
  unready: Map<string, Problem>;
}

/**
 * Asks the servers of all models about themselves, as rarely as possible. Nobody waits for an
 * answer: a pass gets what is known, and `onChange` calls for another one when there is news.
 */
export interface Servers {
  /** What is known of a model's pods; what is not, and what may change, is asked from now on. */
  answers(model: ModelDeployment, pods: Pod[]): Answers;
  /** Asks nothing any more about a ModelDeployment that is gone. */
  forget(key: string): void;
  /** Asks nothing any more. */
  stop(): void;
}

/** Whom to ask how, and whom to tell. */
export interface ServersOptions {
  introspection: Pick<Introspection, "model" | "unready">;
  /** Called with `namespace/name` of a ModelDeployment when one of its servers said something new. */
  onChange: (key: string) => void;
  /** Questions under way at the same time, 256 unless said: most of them wait for pods that are gone. */
  concurrency?: number;
  /** One second, then twice as long each time, a minute at most, unless said. */
  backoff?: Backoff;
  clock?: Clock;
}

/**
 * How often a question is asked without news, about five minutes in all. A pod that has not
 * answered until then is asked again when it changes.
 */
const maxAsked = 10;

interface Question {
  model: string;
  /** The pod as it was when the question arose; another one is another question. */
  about: string;
  ask: () => Promise<unknown>;
  /** The first answer is the last one. */
  isFinal: boolean;
  answer?: unknown;
  /** How often it was asked since there was news. */
  asked: number;
  /** Ends the wait for the next time it is asked. */
  cancel: () => void;
  isOver: boolean;
}

/** Servers that have not been asked anything yet. */
export function createServers(options: ServersOptions): Servers {
  const { introspection, onChange, concurrency = 256, clock = systemClock } = options;
  const backoff = options.backoff ?? exponential(1_000, 60_000);
  /** By ModelDeployment, then by what is asked. */
  const questions = new Map<string, Map<string, Question>>();
  /** What is asked for the first time goes before what has been asked in vain. */
  const due = { first: new Set<Question>(), again: new Set<Question>() };
  let asking = 0;

  function put(question: Question): void {
    (question.asked === 0 ? due.first : due.again).add(question);
    work();
  }

  function work(): void {
    for (const line of [due.first, due.again]) {
      for (const question of line) {
        if (asking >= concurrency) return;
        line.delete(question);
        void ask(question);
      }
    }
  }

  async function ask(question: Question): Promise<void> {
    asking += 1;
    question.asked += 1;
    const answer = await question.ask();
    asking -= 1;
    if (!question.isOver) heard(question, answer);
    work();
  }

  function heard(question: Question, answer: unknown): void {
    const isNews = answer !== undefined && !isDeepStrictEqual(answer, question.answer);
    if (isNews) Object.assign(question, { answer, asked: 1 });
    const isEnough = answer !== undefined && question.isFinal;
    if (!isEnough && question.asked < maxAsked) {
      question.cancel = clock.after(backoff(question.asked), () => put(question));
    }
    if (isNews) onChange(question.model);
  }

  function end(question: Question): void {
    question.isOver = true;
    question.cancel();
    due.first.delete(question);
    due.again.delete(question);
  }

  function forget(key: string): void {
    for (const question of questions.get(key)?.values() ?? []) end(question);
    questions.delete(key);
  }

  function aboutModel(model: string, pod: Pod): Question {
    const ask = async () => {
      const said = await introspection.model(pod.status?.podIP ?? "");
      return said?.node ? { ...said, node: { ...said.node, pod: nameOf(pod) } } : said;
    };
    return { model, about: identity(pod), ask, isFinal: true, ...unasked };
  }

  function aboutReadiness(model: string, pod: Pod): Question {
    const ask = () => introspection.unready(pod.status?.podIP ?? "");
    return { model, about: identity(pod), ask, isFinal: false, ...unasked };
  }

  /** Those that remain the same keep their answers; those that nobody has any more are over. */
  function replace(key: string, wanted: Map<string, Question>): Map<string, Question> {
    const known = questions.get(key) ?? new Map<string, Question>();
    const kept = (id: string, { about }: Question) => {
      const same = known.get(id);
      const isAnswered = same?.isFinal === true && same.answer !== undefined;
      return same && (same.about === about || isAnswered) ? same : undefined;
    };
    const current = new Map([...wanted].map(([id, one]) => [id, kept(id, one) ?? one]));
    for (const [id, question] of known) if (current.get(id) !== question) end(question);
    if (current.size > 0) questions.set(key, current);
    else questions.delete(key);
    for (const [id, question] of current) if (known.get(id) !== question) put(question);
    return current;
  }

  return {
    answers(model, pods) {
      const key = keyOf(model);
      const ready = pods.filter(isReady);
      const undescribed = firstOfEach(ready).filter(
        ([revision]) => !isDescribed(model, revision, ready),
      );
      const silent = firstOfEach(pods.filter(isStarting));
      // Its memory is another one once it has been measured.
      const aboutWhat = (revision: string) =>
        `model of ${revision}${lacksMemoryUnderLoad(model.status, revision) ? " after load" : ""}`;
      const current = replace(
        key,
        new Map([
          ...undescribed.map(([id, pod]) => [aboutWhat(id), aboutModel(key, pod)] as const),
          ...silent.map(([id, pod]) => [`unready ${id}`, aboutReadiness(key, pod)] as const),
        ]),
      );
      const answer = (id: string) => current.get(id)?.answer;
      return {
        models: present(undescribed.map(([id]) => [id, answer(aboutWhat(id))])),
        unready: present(silent.map(([id, pod]) => [nameOf(pod), answer(`unready ${id}`)])),
      };
    },
    forget,
    stop() {
      for (const key of questions.keys()) forget(key);
    },
  };
}

const unasked = { asked: 0, cancel: () => {}, isOver: false };

/** What was answered, as what it was asked for. */
function present<T>(entries: [string, unknown][]): Map<string, T> {
  return new Map(
    entries.flatMap(([id, answer]) => (answer === undefined ? [] : [[id, answer as T]])),
  );
}

/** Another pod may run on another processor, so one that is gone speaks for none. */
function isDescribed(model: ModelDeployment, revision: string, ready: Pod[]): boolean {
  const { serving } = model.status ?? {};
  if (serving?.revision !== revision || serving.sha256 === undefined) return false;
  const { pod: speaker } = serving.node ?? {};
  if (speaker !== undefined && !ready.some((pod) => nameOf(pod) === speaker)) return false;
  return !lacksFootprint(model, revision);
}

/** Changes when a pod is another one, or its server was started anew. */
function identity({ metadata, status }: Pod): string {
  const restarts = status?.containerStatuses?.[0]?.restartCount;
  return [metadata?.uid, metadata?.name, status?.podIP, restarts].join(" ");
}

function firstOfEach(pods: Pod[]): [revision: string, pod: Pod][] {
  const first = new Map<string, Pod>();
  for (const pod of pods) {
    const revision = revisionOf(pod);
    if (revision !== undefined && !first.has(revision)) first.set(revision, pod);
  }
  return [...first];
}
