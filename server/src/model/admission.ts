/** How waiting is limited. */
export interface AdmissionOptions {
  /** Most seconds to wait for a run, or as long as one takes where that is longer. */
  maxWait: number;
  /** The time in seconds; a test has its own. */
  now?: () => number;
}

/** Seconds of waiting that are never too many. */
const leastWait = 0.005;

/**
 * Decides whether a request may wait.
 *
 * A burst may wait for `maxWait`. A queue that did not become empty for a while is no burst: more
 * comes than can be computed, and a longer queue would only make all of them late. Then a request
 * is taken when it waits no longer than its own run takes, until the work that was refused would
 * have fitted into the time in which there was nothing to do.
 */
export class Admission {
  readonly #maxWait: number;
  readonly #now: () => number;
  #isOverloaded = false;
  #waitingSince: number | undefined;
  #idleSince: number | undefined;
  /** Since the overload began or was last confirmed. */
  #period = { start: 0, idle: 0, refused: 0 };

  constructor({ maxWait, now = () => performance.now() / 1000 }: AdmissionOptions) {
    this.#maxWait = maxWait;
    this.#now = now;
    this.#idleSince = now();
  }

  /** Most seconds that a request whose run takes so long may wait for it in the best of times. */
  limit(run: number): number {
    return Math.max(this.#maxWait, run);
  }

  /** Whether to take a request that would wait, and whose run would take, so many seconds. */
  admits(wait: number, run: number): boolean {
    if (this.#isOverloaded) this.#endOverload(run);
    else this.#beginOverload(run);
    if (wait <= (this.#isOverloaded ? Math.max(leastWait, run) : this.limit(run))) return true;
    this.#period.refused += run;
    return false;
  }

  /** Something runs, or nothing runs and nothing waits. */
  set isIdle(isIdle: boolean) {
    if (isIdle) this.#idleSince ??= this.#now();
    else {
      this.#period.idle += this.#idleSeconds();
      this.#idleSince = undefined;
    }
  }

  /** Something waits or nothing does. */
  set isWaiting(isWaiting: boolean) {
    this.#waitingSince = isWaiting ? (this.#waitingSince ?? this.#now()) : undefined;
  }

  #beginOverload(run: number): void {
    const patience = Math.max(0.1, 5 * run);
    if (this.#waitingSince === undefined || this.#now() - this.#waitingSince < patience) return;
    this.#isOverloaded = true;
    this.#period = { start: this.#now(), idle: 0, refused: 0 };
  }

  #endOverload(run: number): void {
    const { start, idle, refused } = this.#period;
    const now = this.#now();
    // Long enough for chance to even out.
    if (now - start < Math.max(0.5, 25 * run)) return;
    this.#isOverloaded = refused > idle + this.#idleSeconds();
    this.#period = { start: now, idle: 0, refused: 0 };
  }

  #idleSeconds(): number {
    if (this.#idleSince === undefined) return 0;
    return this.#now() - Math.max(this.#idleSince, this.#period.start);
  }
}
