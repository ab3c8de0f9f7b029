import type { LoadName, ServerName } from "./loads.ts";
import type { Figures } from "./samples.ts";

/** Everything that one call of the comparison found out. */
export interface Series {
  /** RFC 3339 time of the beginning. */
  measuredAt: string;
  /** The commit that was measured, with a `+` when files had been changed. */
  commit: string;
  machine: string;
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
