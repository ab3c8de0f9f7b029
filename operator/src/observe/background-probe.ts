import { isDeepStrictEqual } from "node:util";
import { exponential, type Backoff } from "../kube/backoff.ts";
import { systemClock, type Clock } from "../kube/clock.ts";

/** Something to find out in the background. */
export interface Question<T> {
  /** Names what it is about; when that is another, the question is a new one without an answer. */
  about: string;
  /** Asks once and never rejects; undefined when there was no answer. */
  ask: () => Promise<T | undefined>;
  /**
   * When to ask again:
   *
   * - `untilAnswered`: with back-off until there is an answer, which also holds when `about` changes
   * - `whileChanging`: with back-off until there has been nothing new for long
   * - a function: so many milliseconds from one time to the next; it is called on each `watch`
   */
  repeat: "untilAnswered" | "whileChanging" | (() => number);
  /** Whether an answer calls for a pass; each other answer does unless said. */
  isNews?: (answer: T, before: T | undefined) => boolean;
}

/** Whom to tell, and how much to do at the same time. */
export interface BackgroundProbeOptions {
  /** Called with `namespace/name` of a ModelDeployment when there is news about it. */
  onChange: (key: string) => void;
  /** Questions under way at the same time. */
  concurrency: number;
  /** One second, then twice as long each time, a minute at most, unless said. */
  backoff?: Backoff;
  clock?: Clock;
}

/**
 * How often a question is asked without news, about five minutes in all. What gave no answer until
 * then is asked again when `about` changes.
 */
const maxAsked = 10;

interface Entry<T> {
  readonly model: string;
  question: Question<T>;
  answer?: T;
  /** `idle` with or without a time to ask again, `queued` until another question is answered. */
  state: "idle" | "queued" | "asking" | "over";
  /** How often it was asked since there was news. */
  asked: number;
  beganAt: number;
  /** When to ask again, unless `repeat` is a period; Infinity for never. */
  retryAt: number;
  /** When to ask at the latest, as `askWithin` wants it. */
  wantedAt: number;
  cancel: () => void;
}

/**
 * Asks questions about ModelDeployments and keeps the answers. No pass waits for one: it reads the
 * latest answers, and `onChange` calls for another pass when there is something new.
 */
export class BackgroundProbe<T> {
  readonly #onChange: (key: string) => void;
  readonly #concurrency: number;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  /** By ModelDeployment, then by the name of the question. */
  readonly #entries = new Map<string, Map<string, Entry<T>>>();
  /** What is asked for the first time goes before what was asked without an answer. */
  readonly #lines = [new Set<Entry<T>>(), new Set<Entry<T>>()] as const;
  #asking = 0;

  constructor({ onChange, concurrency, backoff, clock }: BackgroundProbeOptions) {
    this.#onChange = onChange;
    this.#concurrency = concurrency;
    this.#backoff = backoff ?? exponential(1_000, 60_000);
    this.#clock = clock ?? systemClock;
  }

  /**
   * Makes these the questions about a ModelDeployment, by their names. Those that are known keep
   * their answers; those that are left out are over.
   */
  watch(key: string, questions: Map<string, Question<T>>): void {
    const known = this.#entries.get(key) ?? new Map<string, Entry<T>>();
    const current = new Map(
      [...questions].map(([name, question]) => [
        name,
        kept(known.get(name), question) ?? fresh(key, question),
      ]),
    );
    for (const [name, entry] of known) if (current.get(name) !== entry) this.#end(entry);
    if (current.size > 0) this.#entries.set(key, current);
    else this.#entries.delete(key);
    for (const entry of current.values()) this.#plan(entry);
  }

  /** The latest answers about a ModelDeployment, by the names of the questions. */
  latest(key: string): Map<string, T> {
    const entries = [...(this.#entries.get(key) ?? [])];
    return new Map(
      entries.flatMap(([name, { answer }]) => (answer === undefined ? [] : [[name, answer]])),
    );
  }

  /** Asks a question again within so many milliseconds, or earlier where it is due earlier. */
  askWithin(key: string, name: string, milliseconds: number): void {
    const entry = this.#entries.get(key)?.get(name);
    if (!entry) return;
    entry.wantedAt = Math.min(entry.wantedAt, this.#clock.now() + milliseconds);
    this.#plan(entry);
  }

  /** Asks nothing more about a ModelDeployment that is gone. */
  forget(key: string): void {
    for (const entry of this.#entries.get(key)?.values() ?? []) this.#end(entry);
    this.#entries.delete(key);
  }

  /** Asks nothing more. */
  stop(): void {
    for (const key of this.#entries.keys()) this.forget(key);
  }

  #plan(entry: Entry<T>): void {
    if (entry.state !== "idle") return;
    entry.cancel();
    const left = Math.min(dueAt(entry), entry.wantedAt) - this.#clock.now();
    if (left <= 0) this.#enqueue(entry);
    else if (left < Infinity) entry.cancel = this.#clock.after(left, () => this.#enqueue(entry));
  }

  #enqueue(entry: Entry<T>): void {
    entry.state = "queued";
    this.#lines[entry.asked === 0 ? 0 : 1].add(entry);
    this.#work();
  }

  #work(): void {
    for (const line of this.#lines) {
      for (const entry of line) {
        if (this.#asking >= this.#concurrency) return;
        line.delete(entry);
        void this.#ask(entry);
      }
    }
  }

  async #ask(entry: Entry<T>): Promise<void> {
    this.#asking += 1;
    Object.assign(entry, { state: "asking", asked: entry.asked + 1, wantedAt: Infinity });
    entry.beganAt = this.#clock.now();
    const answer = await entry.question.ask();
    this.#asking -= 1;
    // It may be over since it was asked.
    if (entry.state === "asking") this.#store(entry, answer);
    this.#work();
  }

  #store(entry: Entry<T>, answer: T | undefined): void {
    const { repeat, isNews = isOther } = entry.question;
    const hasNews = answer !== undefined && isNews(answer, entry.answer);
    if (answer !== undefined) entry.answer = answer;
    if (hasNews) entry.asked = 1;
    const isEnough = answer !== undefined && repeat === "untilAnswered";
    entry.retryAt =
      isEnough || entry.asked >= maxAsked
        ? Infinity
        : this.#clock.now() + this.#backoff(entry.asked);
    entry.state = "idle";
    this.#plan(entry);
    if (hasNews) this.#onChange(entry.model);
  }

  #end(entry: Entry<T>): void {
    entry.state = "over";
    entry.cancel();
    for (const line of this.#lines) line.delete(entry);
  }
}

function fresh<T>(model: string, question: Question<T>): Entry<T> {
  return {
    model,
    question,
    state: "idle",
    asked: 0,
    beganAt: -Infinity,
    retryAt: -Infinity,
    wantedAt: Infinity,
    cancel: () => {},
  };
}

/** The known entry, with the question as it is asked now, where its answer still holds. */
function kept<T>(entry: Entry<T> | undefined, question: Question<T>): Entry<T> | undefined {
  if (!entry) return undefined;
  const isFinal = question.repeat === "untilAnswered" && entry.answer !== undefined;
  if (!isFinal && entry.question.about !== question.about) return undefined;
  entry.question = question;
  return entry;
}

function dueAt<T>({ question: { repeat }, beganAt, retryAt }: Entry<T>): number {
  return typeof repeat === "function" ? beganAt + repeat() : retryAt;
}

function isOther(answer: unknown, before: unknown): boolean {
  return !isDeepStrictEqual(answer, before);
}
