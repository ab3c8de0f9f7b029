/** A sentence that waits for its annotation, and how many bytes it has. */
export interface Waiting {
  id: string;
  bytes: number;
}

/** Most rows of a run. More are not faster, and take memory: 5,000 rows 150 MiB for 10 % of time. */
const mostRows = 512;
/** Most bytes of text that a run gets, unless one sentence alone has more. */
const mostBytes = 1 << 20;
/** Seconds that a run should take at most: meanwhile the process hears no signal. */
const longestRunSeconds = 0.5;
/** Rows of the first run, when the time of a run is not known. */
const firstRows = 16;

/**
 * How many of the waiting sentences the next run gets.
 *
 * @param secondsPerRow as the run before took; undefined before the first
 */
export function sliceSize(waiting: Waiting[], secondsPerRow: number | undefined): number {
  const rows =
    secondsPerRow === undefined ? firstRows : Math.floor(longestRunSeconds / secondsPerRow);
  const limit = Math.min(waiting.length, mostRows, Math.max(1, rows));
  let bytes = 0;
  for (let size = 0; size < limit; size++) {
    bytes += waiting[size]?.bytes ?? 0;
    if (bytes > mostBytes) return Math.max(1, size);
  }
  return limit;
}
