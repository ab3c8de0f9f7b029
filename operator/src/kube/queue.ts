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
  /** Works on one key; `requeueAfter` is in milliseconds. */
  run: (key: string) => Promise<{ requeueAfter?: number } | void>;
  concurrency: number;
  /** Told of every failed run; attempts counts the failures in a row. The key runs again later. */
  onError: (key: string, error: unknown, attempts: number) => void;
  /** Milliseconds to wait after the n-th failure in a row (from 1). */
  backoff?: (attempts: number) => number;
}

/** A work queue in which no key ever runs twice at the same time. */
export declare function createQueue(options: QueueOptions): Queue;
