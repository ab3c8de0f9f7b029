import type { Clock } from "./clock.ts";

/** Who goes first when calls have to wait: what people wait for, or what may come late. */
export type Priority = "normal" | "low";

/** Spreads calls over time. */
export interface Limiter {
  /** Resolves when it is the call's turn, or at once when the signal is aborted; never rejects. */
  turn(priority: Priority, signal: AbortSignal): Promise<void>;
  /** The server was too busy for a call: for a while all of them come at a lower rate. */
  slowDown(): void;
}

/** Milliseconds after which the full rate is reached again, from nothing. */
const recovery = 10_000;

/** Of several refusals within these milliseconds, all due to the same haste, one counts. */
const sameRefusal = 1_000;

/** The smallest part of the rate that is left to calls, however often the server refuses. */
const least = 0.02;

/**
 * A token bucket in front of two waiting lines. A refusal halves the rate, which then grows again
 * by the tenth part of the full rate each second; nobody is stopped altogether, because a call
 * that is refused again and again must not stop the others.
 *
 * @param rate calls per second in the long run
 * @param burst calls at once after a pause
 */
export function createLimiter(rate: number, burst: number, clock: Clock): Limiter {
  const lines: Record<Priority, Set<() => void>> = { normal: new Set(), low: new Set() };
  let tokens = burst;
  let countedAt = clock.now();
  /** The part of the rate that was left after the last refusal, and when that was. */
  let share = 1;
  let refusedAt = -Infinity;
  let planned: (() => void) | undefined;

  const shareNow = () => Math.min(1, share + (clock.now() - refusedAt) / recovery);

  function count(): void {
    const now = clock.now();
    tokens = Math.min(burst, tokens + ((now - countedAt) * rate * shareNow()) / 1000);
    countedAt = now;
  }

  function serve(): void {
    planned?.();
    planned = undefined;
    count();
    for (const line of [lines.normal, lines.low]) {
      for (const go of line) {
        // The sum of many small parts may miss the whole by a hair.
        if (tokens < 1 - 1e-9) return plan();
        tokens -= 1;
        line.delete(go);
        go();
      }
    }
  }

  function plan(): void {
    const wait = ((1 - tokens) * 1000) / (rate * shareNow());
    // The rate grows meanwhile.
    planned = clock.after(Math.min(wait, 1000), serve);
  }

  return {
    turn(priority, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (signal.aborted) return Promise.resolve();
      const leave = () => lines[priority].delete(go) && resolve();
      const go = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      signal.addEventListener("abort", leave, { once: true });
      lines[priority].add(go);
      serve();
      return promise;
    },
    slowDown() {
      count();
      tokens = Math.min(tokens, 0);
      if (clock.now() - refusedAt < sameRefusal) return;
      share = Math.max(least, shareNow() / 2);
      refusedAt = clock.now();
      serve();
    },
  };
}
