import { InvalidInput } from "../process/errors.ts";
import type { Serving } from "../serve/service.ts";

/**
 * Header of HTTP, and key of gRPC's metadata, with which a client says that nothing may be kept of
 * its request. Load generators do, because nobody learns anything from what they ask.
 */
export const captureHeader = "intendant-capture";

/** What runs a request whose header has this value. */
export function batcherFor(
  { batcher, unkept }: Serving,
  header: string | undefined,
): Serving["batcher"] {
  if (header === undefined) return batcher;
  if (header === "none") return unkept;
  // Whoever asks for discretion in other words must not get the opposite.
  throw new InvalidInput(
    `The header ${captureHeader} is ${JSON.stringify(header.slice(0, 100))}; write none, or leave it out`,
  );
}
