import type { Clock } from "./clock.ts";

/** Spreads calls over time. */
export interface Limiter {
  /** Takes the next free place and returns the milliseconds until its turn. */
  reserve(): number;
  /** Nobody's turn comes within this time, and afterwards it is one at a time. */
  hold(milliseconds: number): void;
}

/**
 * @param rate calls per second in the long run
 * @param burst calls at once after a pause
 */
export function createLimiter(rate: number, burst: number, clock: Clock): Limiter {
  const interval = 1000 / rate;
  // When the next call would be due if all calls came evenly; a pause leaves it behind the clock.
  let due = -Infinity;
  return {
    reserve() {
      const now = clock.now();
      const turn = Math.max(due, now - (burst - 1) * interval);
      due = turn + interval;
      return Math.max(0, turn - now);
    },
    hold(milliseconds) {
      due = Math.max(due, clock.now() + milliseconds);
    },
  };
}
