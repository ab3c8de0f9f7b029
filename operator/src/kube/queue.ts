import { exponential, type Backoff } from "./backoff.ts";
import { systemClock, type Clock } from "./clock.ts";

/** What to run, how many at once, and what to do about failures. */
export interface WorkQueueOptions {
  /**
   * Works on one key; `requeueAfter` is in milliseconds. It replaces what was planned for the key
   * before the run began.
   */
  run: (key: string) => Promise<{ requeueAfter?: number } | void>;
  concurrency: number;
  /** Told of every failed run; attempts counts the failures in a row. The key runs again later. */
  onError: (key: string, error: unknown, attempts: number) => void;
  /** 200 ms, then twice as long each time, two minutes at most, unless said. */
  backoff?: Backoff;
  clock?: Clock;
}

// The longest time that setTimeout takes; it calls at once when given more.
const longestDelay = 2 ** 31 - 1;

/**
 * A queue of keys to work on, in which no key ever runs twice at the same time; the rules are those
 * of client-go's work queue: https://pkg.go.dev/k8s.io/client-go/util/workqueue
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #due = new Set<string>();
  readonly #running = new Set<string>();
  /** Keys that were added while they ran. */
  readonly #again = new Set<string>();
  readonly #planned = new Map<string, { at: number; cancel: () => void }>();
  /** Failures in a row. */
  readonly #failures = new Map<string, number>();
  readonly #drained = Promise.withResolvers<void>();
  #state: "new" | "started" | "stopped" = "new";

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backoff = options.backoff ?? exponential(200, 120_000);
  }

  /** Runs the key soon; once, however often it is added before it runs. */
  add(key: string): void {
    if (this.#state === "stopped") return;
    this.#unplan(key);
    if (this.#running.has(key)) this.#again.add(key);
    else this.#due.add(key);
    this.#work();
  }

  /** Runs the key after a time, or earlier when something else asks for it earlier. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#state === "stopped" || this.#due.has(key) || this.#again.has(key)) return;
    const delay = Math.min(milliseconds, longestDelay);
    const at = this.#clock.now() + delay;
    if ((this.#planned.get(key)?.at ?? Infinity) <= at) return;
    this.#unplan(key);
    this.#planned.set(key, { at, cancel: this.#clock.after(delay, () => this.add(key)) });
  }

  /** Starts to run keys; those that were added before are due at once. */
  start(): void {
    if (this.#state === "new") this.#state = "started";
    this.#work();
  }

  /** Starts no further run and waits for those under way. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    for (const { cancel } of this.#planned.values()) cancel();
    this.#planned.clear();
    this.#due.clear();
    if (this.#running.size > 0) await this.#drained.promise;
  }

  /** Keys that are due and wait for a free worker. */
  get depth(): number {
    return this.#due.size;
  }

  /** Keys that are being run. */
  get running(): number {
    return this.#running.size;
  }

  #unplan(key: string): void {
    this.#planned.get(key)?.cancel();
    this.#planned.delete(key);
  }

  #work(): void {
    for (const key of this.#due) {
      if (this.#state !== "started" || this.#running.size >= this.#options.concurrency) return;
      this.#due.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    const requeueAfter = await this.#attempt(key);
    this.#running.delete(key);
    if (this.#again.delete(key)) this.add(key);
    else if (requeueAfter !== undefined) this.addAfter(key, requeueAfter);
    this.#work();
    if (this.#state === "stopped" && this.#running.size === 0) this.#drained.resolve();
  }

  /** Milliseconds until the key is to run again, as the run or its failure wants it. */
  async #attempt(key: string): Promise<number | undefined> {
    try {
      const result = await this.#options.run(key);
      this.#failures.delete(key);
      return result?.requeueAfter;
    } catch (error) {
      const attempts = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, attempts);
      this.#options.onError(key, error, attempts);
      return this.#backoff(attempts);
    }
  }
}
