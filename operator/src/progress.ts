import { available, type Observed } from "./observed.ts";
import { trouble } from "./trouble.ts";

/** How far the pods of a revision are, and what keeps them from getting further. */
export function progress(observed: Observed, revision: string, wanted: number): string {
  const cause = trouble(observed, revision);
  const count = `${available(observed, revision)}/${wanted} replicas are available`;
  return `revision ${revision}: ${count}${cause ? `: ${cause.message}` : ""}`;
}
