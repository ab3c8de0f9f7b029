import { exponential, type Backoff } from "./backoff.ts";
import { systemClock, type Clock } from "./clock.ts";

/** Keys that wait to be worked on. */
export interface Queue {
  /** Runs the key soon; once, however often it is added before it runs. */
  add(key: string): void;
  /** Runs the key after a time, or earlier when something else asks for it earlier. */
  addAfter(key: string, milliseconds: number): void;
  start(): void;
  /** Starts no further run and waits for those under way. */
  stop(): Promise<void>;
  /** Keys that are due and wait for a free worker. */
  readonly depth: number;
  /** Keys that are being run. */
  readonly running: number;
}

/** What to run, how many at once, and what to do about failures. */
export interface QueueOptions {
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

/** A work queue in which no key ever runs twice at the same time. */
export function createQueue(options: QueueOptions): Queue {
  const { run, concurrency, onError, clock = systemClock } = options;
  const backoff = options.backoff ?? exponential(200, 120_000);
  const due = new Set<string>();
  const running = new Set<string>();
  // Keys that were added while they ran.
  const again = new Set<string>();
  const planned = new Map<string, { at: number; cancel: () => void }>();
  const failures = new Map<string, number>();
  const drained = Promise.withResolvers<void>();
  let state: "new" | "started" | "stopped" = "new";

  function add(key: string): void {
    if (state === "stopped") return;
    forget(key);
    if (running.has(key)) again.add(key);
    else due.add(key);
    work();
  }

  function addAfter(key: string, milliseconds: number): void {
    const delay = Math.min(milliseconds, longestDelay);
    const at = clock.now() + delay;
    const earlier = (planned.get(key)?.at ?? Infinity) <= at || due.has(key) || again.has(key);
    if (state === "stopped" || earlier) return;
    forget(key);
    planned.set(key, { at, cancel: clock.after(delay, () => add(key)) });
  }

  function forget(key: string): void {
    planned.get(key)?.cancel();
    planned.delete(key);
  }

  function work(): void {
    for (const key of due) {
      if (state !== "started" || running.size >= concurrency) return;
      due.delete(key);
      running.add(key);
      void runOnce(key);
    }
  }

  async function runOnce(key: string): Promise<void> {
    let next: number | undefined;
    try {
      next = (await run(key))?.requeueAfter;
      failures.delete(key);
    } catch (error) {
      const attempts = (failures.get(key) ?? 0) + 1;
      failures.set(key, attempts);
      next = backoff(attempts);
      onError(key, error, attempts);
    } finally {
      running.delete(key);
      if (again.delete(key)) add(key);
      else if (next !== undefined) addAfter(key, next);
      work();
      if (state === "stopped" && running.size === 0) drained.resolve();
    }
  }

  return {
    add,
    addAfter,
    start() {
      if (state === "new") state = "started";
      work();
    },
    async stop() {
      state = "stopped";
      for (const { cancel } of planned.values()) cancel();
      planned.clear();
      due.clear();
      if (running.size > 0) await drained.promise;
    },
    get depth() {
      return due.size;
    },
    get running() {
      return running.size;
    },
  };
}
