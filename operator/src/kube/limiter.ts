import type { Clock } from "./clock.ts";

/** Which calls go first when there are too many: low is for those that may come late. */
export type Priority = "normal" | "low";

/** Milliseconds after which the full rate is reached again, from nothing. */
const recovery = 10_000;

/** Of several refusals within these milliseconds, all due to the same burst, one counts. */
const sameRefusal = 1_000;

/** The smallest part of the rate that is left to calls, however often the server refuses. */
const least = 0.02;

/**
 * A token bucket in front of two waiting lines. A refusal halves the rate, which then grows again
 * by the tenth part of the full rate each second: additive increase, multiplicative decrease, as in
 * the congestion control of TCP (https://www.rfc-editor.org/rfc/rfc5681#section-3.1). Some calls
 * always pass, because one that is refused again and again must not stop the others.
 */
export class Limiter {
  readonly #rate: number;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #lines: Record<Priority, Set<() => void>> = { normal: new Set(), low: new Set() };
  #tokens: number;
  #countedAt: number;
  /** The part of the rate that was left after the last refusal, and when that was. */
  #share = 1;
  #refusedAt = -Infinity;
  #cancelPlan = () => {};

  /**
   * @param rate calls per second in the long run
   * @param burst calls at once after a pause
   */
  constructor(rate: number, burst: number, clock: Clock) {
    this.#rate = rate;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#countedAt = clock.now();
  }

  /** Resolves when it is the call's turn, or at once when the signal is aborted; never rejects. */
  turn(priority: Priority, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) return Promise.resolve();
    const line = this.#lines[priority];
    const leave = () => line.delete(go) && resolve();
    const go = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    signal.addEventListener("abort", leave, { once: true });
    line.add(go);
    this.#serve();
    return promise;
  }

  /** The server was too busy for a call: for a while all of them come at a lower rate. */
  slowDown(): void {
    this.#count();
    this.#tokens = Math.min(this.#tokens, 0);
    if (this.#clock.now() - this.#refusedAt < sameRefusal) return;
    this.#share = Math.max(least, this.#shareNow() / 2);
    this.#refusedAt = this.#clock.now();
    this.#serve();
  }

  #shareNow(): number {
    return Math.min(1, this.#share + (this.#clock.now() - this.#refusedAt) / recovery);
  }

  #count(): void {
    const now = this.#clock.now();
    const gained = ((now - this.#countedAt) * this.#rate * this.#shareNow()) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#countedAt = now;
  }

  #serve(): void {
    this.#cancelPlan();
    this.#count();
    for (const line of [this.#lines.normal, this.#lines.low]) {
      for (const go of line) {
        // The sum of many small parts may miss the whole by a hair.
        if (this.#tokens < 1 - 1e-9) return this.#plan();
        this.#tokens -= 1;
        line.delete(go);
        go();
      }
    }
  }

  #plan(): void {
    const wait = ((1 - this.#tokens) * 1000) / (this.#rate * this.#shareNow());
    // The rate grows meanwhile.
    this.#cancelPlan = this.#clock.after(Math.min(wait, 1000), () => this.#serve());
  }
}
