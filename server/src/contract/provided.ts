import * as v from "valibot";

/** What the process that fetches or verifies a model leaves when the file is there. */
export const provided = v.object({
  bytes: v.number(),
  sha256: v.string(),
  /** How long it took. */
  seconds: v.pipe(v.number(), v.minValue(0)),
});
export type Provided = v.InferOutput<typeof provided>;
