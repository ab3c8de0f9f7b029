import type { Model } from "./model.ts";

/** Seconds that a run may keep everything else waiting; a run in a thread costs 0.15 ms more. */
export const longestInlineSeconds = 0.005;

/** How many more runs have to be too long than not before a model moves. */
const evidence = 16;

/**
 * Moves a model to a thread once most of its runs are longer than they were at the warm-up, whose
 * inputs are as small as can be.
 *
 * @returns a function to call with the seconds of each run
 */
export function watchRuns(
  model: Pick<Model, "execution" | "moveToThread">,
  report: (error?: Error) => void,
): (seconds: number) => void {
  let excess = 0;
  let isDecided = false;
  return (seconds) => {
    if (isDecided || model.execution === "thread") return;
    excess = Math.max(0, excess + (seconds > longestInlineSeconds ? 1 : -1));
    if (excess < evidence) return;
    isDecided = true;
    model.moveToThread().then(() => report(), report);
  };
}
