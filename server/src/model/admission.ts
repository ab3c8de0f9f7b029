/** How waiting is limited. */
export interface AdmissionOptions {
  /** Most seconds to wait for a run, or as long as one takes where that is longer. */
  maxWaitSeconds: number;
  /** The time in seconds; a test has its own. */
  now?: () => number;
}

/** What is expected of a request. */
export interface Forecast {
  /** Seconds until its run starts. */
  wait: number;
  /** Seconds that its run takes. */
  run: number;
  /** Seconds of the model's time that it takes up, as a part of a full batch. */
  cost: number;
}

/** The time in seconds since some moment. */
export const monotonicSeconds = () => performance.now() / 1000;

/**
 * Decides whether a request may wait.
 *
 * A burst may wait for `maxWait`. When more comes for a while than the model can compute, a queue
 * would only make all requests late; then one is taken when it waits no longer than its own run
 * takes, or a hundredth of `maxWait`. What tells the two apart is the backlog that there would be
 * if nothing were refused.
 */
export class Admission {
  readonly #maxWaitSeconds: number;
  readonly #now: () => number;
  #isOverloaded = false;
  /** Seconds of work that would be left if nothing were refused. */
  #backlog = 0;
  #updated: number;
  /** Since when there is a backlog. */
  #since: number;

  constructor({ maxWaitSeconds, now = monotonicSeconds }: AdmissionOptions) {
    this.#maxWaitSeconds = maxWaitSeconds;
    this.#now = now;
    this.#updated = now();
    this.#since = now();
  }

  /** Most seconds that a request whose run takes so long may wait for it in the best of times. */
  limit(run: number): number {
    return Math.max(this.#maxWaitSeconds, run);
  }

  /** Whether to take a request. */
  admits({ wait, run, cost }: Forecast): boolean {
    this.#follow(run, cost);
    return (
      wait <= (this.#isOverloaded ? Math.max(this.#maxWaitSeconds / 100, run) : this.limit(run))
    );
  }

  #follow(run: number, cost: number): void {
    const now = this.#now();
    this.#backlog = Math.max(0, this.#backlog - (now - this.#updated));
    this.#updated = now;
    if (this.#backlog === 0) {
      this.#since = now;
      this.#isOverloaded = false;
    }
    // Chance hardly ever goes so far while less comes than seven tenths of what can be computed.
    const much = Math.max(this.#maxWaitSeconds / 5, 8 * run);
    this.#backlog += cost;
    const isLasting = now - this.#since > Math.max(this.#maxWaitSeconds / 5, 5 * run);
    if (this.#backlog > much && isLasting) this.#isOverloaded = true;
    // So that an overload is over soon after less has begun to come.
    this.#backlog = Math.min(this.#backlog, 2 * much);
  }
}
