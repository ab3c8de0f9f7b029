import type { CaptureStatus } from "../contract/ops.ts";
import type { Inference } from "../model/batch.ts";
import type { IntentClassifier } from "../model/classifier.ts";
import type { Description } from "../model/model.ts";

/** A model for requests that may be captured, and for those that may not. */
export interface CaptureChoice {
  batcher: Inference;
  /** For requests whose clients want nothing of them to be kept. */
  withoutCapture: Inference;
}

/** Keeps requests and their answers in a database. */
export interface Capture {
  /** Lets the requests of a model be captured. */
  inference: (
    batcher: Inference,
    description: Description,
    classifier: IntentClassifier | undefined,
  ) => CaptureChoice;
  /** The state of capture, with figures that are a few seconds old at most. */
  status: () => Promise<CaptureStatus>;
  /** Writes what was not written yet, as far as a few seconds allow. */
  end: () => Promise<void>;
}
