/**
 * What the server answers on its ops port, which the operator asks. A server may be older or newer
 * than the operator, so fields are added and never change their meaning.
 */

/** Why a model is not served, where that will not change by itself. */
export type UnservableReason = "ModelNotFound" | "DigestMismatch" | "ModelLoadFailed";

/** `GET /traffic`: how busy a server is. */
export interface TrafficStatus {
  /** Requests that were answered, without those that ask about the server itself. */
  requests: number;
  uptimeSeconds: number;
}

/** Why a database cannot be used. */
export type DatabaseReason = "SecretMissing" | "DatabaseRefused" | "DatabaseUnreachable";

/** How capture stands with its database. */
export type CaptureState = "Starting" | "Connected" | DatabaseReason;

/** An annotating model and how far it is. */
export interface AnnotatorProgress {
  sha256: string;
  /** It is the one at work; all others were before it. */
  active: boolean;
  enriched: number;
  /** What is left for it to do. */
  pending: number;
  /** Rows per second over the last minute. */
  rate: number;
}

/** What the database says about a model. */
export interface CaptureFigures {
  captured: number;
  sentences: number;
  annotators: AnnotatorProgress[];
}

/** `GET /capture`; figures that are not known are left out. */
export interface CaptureStatus extends Partial<CaptureFigures> {
  state: CaptureState;
  /** Why the state is what it is, where that needs words. */
  message?: string | undefined;
  /** Rows that this server did not write. */
  dropped: number;
}
