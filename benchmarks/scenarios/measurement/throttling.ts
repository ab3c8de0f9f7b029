/**
 * Share of the CPU periods in which a cgroup was made to wait, between two readings of its
 * `cpu.stat`, which is the same in both versions of cgroups; undefined when they do not tell.
 *
 * @returns 0 to 1; 0 also for a cgroup without a limit, which has no periods
 */
export function throttledShare(before = "", after = ""): number | undefined {
  const grown = (name: string) => counter(after, name) - counter(before, name);
  const periods = grown("nr_periods");
  const throttled = grown("nr_throttled");
  if (!(periods >= 0 && throttled >= 0)) return undefined;
  return periods === 0 ? 0 : Math.min(1, throttled / periods);
}

function counter(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
}
