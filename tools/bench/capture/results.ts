import type { Provenance } from "../lib/provenance.ts";
import type { Outcome } from "./load.ts";

/** Whether the server captures. */
export type Side = "off" | "on";

/** One rate at one server for some seconds. */
export interface Round extends Outcome {
  rate: number;
  round: number;
  side: Side;
  /** Seconds of CPU that the server used. */
  cpu: number;
  /** How much of them the thread used that answers requests. */
  main: number;
}

/** What one call of the benchmark found out. */
export interface Results extends Provenance {
  /** How long each round took. */
  seconds: number;
  rounds: Round[];
  /** The most memory of each server, in MiB. */
  memory: Record<Side, number>;
  /** What the database has at the end. */
  written: { rows: number; examples: number } | undefined;
  /** Processes that waited for a CPU, before and after. */
  load: { before: number; after: number };
}
