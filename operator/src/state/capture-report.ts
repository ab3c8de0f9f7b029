import {
  captureStates,
  type AnnotatorProgress,
  type CaptureState,
} from "../../../server/src/contract/ops.ts";

/** What servers say about capture, all together; numbers are left out while they are not known. */
export interface CaptureReport {
  /** Off: their revision was made without capture. NoAnswer: none of them says anything. */
  state: CaptureState | "Off" | "NoAnswer";
  /** What is the matter, in a server's words. */
  message?: string | undefined;
  /** Requests that the database has seen of this model. */
  captured?: number | undefined;
  /** Different inputs that it holds. */
  sentences?: number | undefined;
  /** Requests that these servers could not keep. */
  dropped?: number | undefined;
  annotators: Annotator[];
}

/** How far an annotating model is, which is known by its digest. */
export type Annotator = AnnotatorProgress;

/**
 * What several servers say as one report. The worst state counts. They read their numbers from one
 * database, and the largest are the newest; what was dropped each of them counts for itself.
 */
export function together(reports: CaptureReport[]): CaptureReport {
  const [worst] = [...reports].sort((one, other) => rank(other) - rank(one));
  if (!worst) return { state: "NoAnswer", annotators: [] };
  const [newest = worst] = reports
    .filter(({ captured }) => captured !== undefined)
    .sort((one, other) => (other.captured ?? 0) - (one.captured ?? 0));
  const dropped = reports.flatMap((report) => report.dropped ?? []);
  const { message: _, ...numbers } = newest;
  return {
    ...numbers,
    state: worst.state,
    ...(worst.message !== undefined && { message: worst.message }),
    dropped: dropped.length > 0 ? dropped.reduce((sum, one) => sum + one, 0) : undefined,
  };
}

function rank({ state }: CaptureReport): number {
  return captureStates.findIndex((known) => known === state);
}
