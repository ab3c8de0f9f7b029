/** What the server answers on its ops port; ops-schemas.ts reads it. */

/** The paths of the ops port. */
export const opsPaths = {
  /** Whether the process runs, for the liveness probe. */
  live: "/livez",
  /** Whether it is known if the model can be served, for the startup probe. */
  startup: "/startupz",
  /** Whether requests are answered, for the readiness probe; see `Readiness`. */
  ready: "/readyz",
  /** The metrics of Prometheus. */
  metrics: "/metrics",
  /** See `ModelStatus`. */
  model: "/model",
  /** See `TrafficStatus`. */
  traffic: "/traffic",
  /** See `CaptureStatus`. */
  capture: "/capture",
} as const;

/** Why a model is not served, where that does not change by itself. */
const unservableReasons = ["ModelNotFound", "DigestMismatch", "ModelLoadFailed"] as const;
export type UnservableReason = (typeof unservableReasons)[number];

/** Whether a reason is one that lasts until the file or the settings change. */
export function isUnservable(reason: string): reason is UnservableReason {
  return unservableReasons.some((known) => known === reason);
}

/** Why a server is not ready, as `Problem.reason` of `Readiness`. */
export type NotReadyReason =
  | UnservableReason
  /** The model is read, loaded or warmed up. */
  | "Loading"
  /** The model stopped working and is loaded again. */
  | "Reloading"
  /** The server has been told to stop. */
  | "ShuttingDown";

/** `GET /readyz`: with the status 200 when requests are answered, and 503 when not. */
export type Readiness = { ready: true } | { ready: false; reason: NotReadyReason; message: string };

/** Why a database cannot be used. */
export type DatabaseReason = "SecretMissing" | "DatabaseRefused" | "DatabaseUnreachable";

/** The states of capture; the worst last. */
export const captureStates = [
  "Connected",
  "Starting",
  "DatabaseUnreachable",
  "DatabaseRefused",
  "NotSupported",
  "SecretMissing",
] as const satisfies (DatabaseReason | "Connected" | "Starting" | "NotSupported")[];
export type CaptureState = (typeof captureStates)[number];

/** An annotating model and how far it is. */
export interface AnnotatorProgress {
  /** Digest of its file. */
  sha256: string;
  enriched: number;
  /** Sentences that are left for it. */
  pending: number;
  /** Sentences per second over the last minute. */
  rate: number;
  /** Whether new sentences are queued for it; at most one annotator of a model is active. */
  active?: boolean | undefined;
}

/** What the database says about a model. */
export interface CaptureFigures {
  /** Requests that were ever captured. */
  captured: number;
  /** Different inputs that it holds. */
  sentences: number;
  annotators: AnnotatorProgress[];
}

/** `GET /capture`: the state of capture; figures that are not known are left out. */
export interface CaptureStatus extends Partial<CaptureFigures> {
  state: CaptureState;
  /** Why the state is what it is, where that needs words. */
  message?: string | undefined;
  /** Rows that this server did not write. */
  dropped: number;
}
