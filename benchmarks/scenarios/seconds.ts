const units = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** A duration as k6 writes it, for example `1m30s`, in seconds; a number is milliseconds there. */
export function seconds(duration: string | number): number {
  if (typeof duration === "number") return duration / 1000;
  const parts = duration.matchAll(/([\d.]+)(ms|h|m|s)/g);
  return [...parts].reduce((sum, [, count, unit]) => {
    return sum + Number(count) * units[unit as keyof typeof units];
  }, 0);
}
