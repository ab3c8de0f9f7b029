import type { Provenance } from "../lib/provenance.ts";
import type { LoadName, ServerName } from "./loads.ts";
import type { Figures } from "./samples.ts";

/** Everything that one call of the comparison found out. */
export interface Series extends Provenance {
  versions: Record<"node" | "go" | "python" | "vegeta" | "locust" | "k6", string>;
  rounds: number;
  runs: Run[];
}

/** One load from both generators in one round. */
export interface Run {
  round: number;
  server: ServerName;
  load: LoadName;
  seconds: number;
  /** Processes that ran or wanted to in the last minute, before it began: what others did. */
  loadAverage: number;
  /** Why there are no figures. */
  failure?: string;
  ours?: Figures;
  theirs?: Figures;
}
