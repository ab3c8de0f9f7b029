import type { Measurement, Rate, Users } from "../contract.ts";

/** A run of k6 that has put a load on the service. */
export interface Run {
  task: LoadTask | ScriptTask;
  measurement: Measurement;
  /** Milliseconds since 1970 at which its k6 started, and at which it ended. */
  started: number;
  ended: number;
}

/** What a run of k6 has to do. */
export type Task = LoadTask | ScriptTask | EndTask;

/** Put a load on the service. */
export interface LoadTask {
  kind: "load";
  load: Users | Rate;
  duration: number;
  warmUp: number;
  /** How many connections there are, each for one request at a time. */
  virtualUsers: number;
}

/** Hand over to a script of the user's. */
export interface ScriptTask {
  kind: "script";
  path: string;
}

/** Leave the measurement. */
export interface EndTask {
  kind: "end";
  measurement: Measurement;
}
