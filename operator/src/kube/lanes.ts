/** Runs a task as soon as a lane is free. */
export type InLane = <T>(task: () => Promise<T>) => Promise<T>;

/** So many lanes for tasks that would be too many at once. */
export function createLanes(count: number): InLane {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The lane goes over to the next one without being free.
      if (next) next();
      else free += 1;
    }
  };
}
