import { InvalidInput } from "../../process/errors.ts";
import type { CaptureChoice } from "../../capture/capture.ts";
import type { Inference } from "../../model/batch.ts";

/**
 * Header of HTTP, and key of gRPC's metadata, with which a client says that nothing may be kept of
 * its request. Load generators say so, because their requests are made up.
 */
export const captureHeader = "intendant-capture";

/** What runs a request whose header has this value. */
export function batcherFor(
  { batcher, withoutCapture }: CaptureChoice,
  header: string | undefined,
): Inference {
  if (header === undefined) return batcher;
  if (header === "none") return withoutCapture;
  // A client that asks for privacy in other words must not get the opposite.
  throw new InvalidInput(
    `The header ${captureHeader} is ${JSON.stringify(header.slice(0, 100))}; write none, or leave it out`,
  );
}
