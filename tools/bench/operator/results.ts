import type { Provenance } from "../lib/provenance.ts";

/** What one call of the benchmark found out; times in seconds, memory in MiB. */
export interface Results extends Provenance {
  versions: { node: string; kubernetes: string };
  /** Processes that waited for a CPU, on average over the minute before and after. */
  load: { before: number; after: number };
  settings: { rate: number; burst: number; concurrency: number };
  runs: Run[];
}

/** One number of ModelDeployments. */
export interface Run {
  models: number;
  /** From the beginning of `kubectl apply` until every ModelDeployment is Ready. */
  ready: number;
  /** From the beginning of `kubectl apply` of the same Deployments and Services until available. */
  plain: number;
  /** From a change of all pod templates at once until every new revision serves. */
  changed: number;
  /** Where a tenth of the models is broken: until all others are Ready. */
  besideBroken: number;
  /** Calls of the operator to the API server until every model was Ready, for each model. */
  calls: { reads: number; writes: number; status: number; events: number };
  /** Memory of the operator without models, at rest with all of them, and at its highest. */
  memory: { empty: number; rest: number; peak: number };
  /** CPU that the operator used until every model was Ready. */
  cpu: number;
  rest: Rest;
}

/** A time in which nothing changes. */
export interface Rest {
  seconds: number;
  /** How often every ModelDeployment was looked at again meanwhile. */
  resyncs: number;
  /** Part of one CPU. */
  cpu: number;
  /** Writes of the operator but for its lease. */
  writes: number;
}
