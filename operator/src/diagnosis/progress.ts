import { available, type Observed } from "../state/observed.ts";
import { diagnose } from "./pod-failure.ts";

/** How far the pods of a revision are, and what keeps them from getting further. */
export function progress(observed: Observed, revision: string, wanted: number): string {
  const cause = diagnose(observed, revision);
  const count = `${available(observed, revision)}/${wanted} replicas are available`;
  return `revision ${revision}: ${count}${cause ? `: ${cause.message}` : ""}`;
}
