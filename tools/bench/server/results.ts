import type { Provenance } from "../lib/provenance.ts";

/** The models that are served: French sentences, and eight numbers that cost next to nothing. */
export type ModelName = "intent-fr" | "tiny";

/** All models. */
export const modelNames: ModelName[] = ["intent-fr", "tiny"];

/** What the tables call the models. */
export const modelTitles: Record<ModelName, string> = { "intent-fr": "French", tiny: "Tiny" };

/** Load for a server: a number of connections that send without pause, or requests per second. */
export type Load = { users: number } | { rate: number };

/** What k6 saw of a load. */
export interface Outcome {
  /** Requests that came to an end. */
  requests: number;
  /** Those that were not answered with status 200, or whose answer was wrong. */
  wrong: number;
  /** Requests that the rate asked for and that were not sent, as too many were open. */
  dropped: number;
  /** From the first request to the last answer. */
  seconds: number;
  /** Percentiles in milliseconds. */
  p50: number;
  p95: number;
  p99: number;
}

/** The loads that each server gets, in this order. */
export const loads = {
  one: { users: 1 },
  sixteen: { users: 16 },
  sixtyFour: { users: 64 },
  rate: { rate: 300 },
} satisfies Record<string, Load>;

/** Name of a load. */
export type LoadName = keyof typeof loads;

/** Everything that one call of the benchmark found out. */
export interface Series extends Provenance {
  versions: { node: string; python: string };
  /** Seconds of each load. */
  seconds: number;
  rounds: number;
  /** Bytes of each server with what it needs to run, by name. */
  sizes: Record<string, number>;
  runs: Run[];
}

/** One server with one model in one round. */
export interface Run {
  round: number;
  server: string;
  model: ModelName;
  /** Why there are no figures. */
  failure?: string;
  figures?: Figures;
}

/** What was measured of a server between its start and its end. */
export interface Figures {
  /** From the start of the process to the first right answer. */
  readySeconds: number;
  /** Part of one CPU that is used without requests. */
  idleCpu: number;
  /** Bytes, before the first load. */
  idle: Footprint;
  /** Bytes, the highest of all moments under load. */
  loaded: Footprint;
  loads: Record<LoadName, Measured>;
}

/** Memory of a server with all its processes. */
export interface Footprint {
  rss: number;
  pss: number;
  processes: number;
}

/** What one load found out. */
export interface Measured {
  /** Why the figures are worth nothing: some request was not answered, or not rightly. */
  void?: string;
  requests: number;
  /** Requests that the rate asked for and that could not be sent. */
  dropped: number;
  requestsPerSecond: number;
  /** Seconds of CPU of the server for each request. */
  cpuPerRequest: number;
  /** Percentiles in milliseconds. */
  p50: number;
  p95: number;
  p99: number;
  /** Part of one CPU that each had. The others are whatever else ran on the machine. */
  cpu: { server: number; generator: number; others: number };
}

/** The figures of a load; undefined when there are none that are worth anything. */
export function valid(run: Run, load: LoadName): Measured | undefined {
  const measured = run.figures?.loads[load];
  return measured?.void === undefined ? measured : undefined;
}
