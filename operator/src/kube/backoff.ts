/** Milliseconds to wait after the n-th failure in a row, counted from 1. */
export type Backoff = (failures: number) => number;

/**
 * Twice as long after each failure, up to a limit; the upper half of it is random, so that those
 * who failed together do not come back together.
 */
export function exponential(
  first: number,
  limit: number,
  random: () => number = Math.random,
): Backoff {
  return (failures) => Math.min(limit, first * 2 ** (failures - 1)) * (0.5 + random() / 2);
}
