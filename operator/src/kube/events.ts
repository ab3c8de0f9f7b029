import type { Api } from "./api.ts";
import type { KubeObject } from "./resource.ts";

/** Writes what happened to an object where `kubectl describe` shows it. */
export interface EventRecorder {
  /** Returns at once; an event that cannot be written is logged and forgotten. */
  record(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
  /** Resolves when everything recorded so far was written or given up. */
  drain(): Promise<void>;
}

/** Who records. */
export interface EventRecorderOptions {
  api: Api;
  /** Shown as the source of the event. */
  component: string;
  /** Name of the pod that records. */
  host: string;
  log: { warn(fields: object, message: string): void };
}

/** A recorder of core/v1 Events. */
export declare function createEventRecorder(options: EventRecorderOptions): EventRecorder;
