import { uptime } from "node:os";

/** Time that only moves forward, and a way to be called later; tests bring their own. */
export interface Clock {
  /** Milliseconds since some moment in the past. */
  now(): number;
  /** Calls after a time, unless the function that it returns is called before. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The clock of this machine; it does not move when its time is set. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

const began = Date.now() - 1000 * uptime();

/**
 * The time of day: what it was when this process started, and what has passed since. A deadline
 * that was counted from it earlier is not reached, or lost, because the time is set on this
 * machine; and the time is right after the machine has slept.
 */
export function timeOfDay(): Date {
  return new Date(began + 1000 * uptime());
}

/** Resolves after a time, or at once when the signal is aborted; never rejects. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const cancel = clock.after(milliseconds, wake);
  signal?.addEventListener("abort", wake, { once: true });
  function wake() {
    cancel();
    signal?.removeEventListener("abort", wake);
    resolve();
  }
  return promise;
}
