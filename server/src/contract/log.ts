import * as v from "valibot";

/** A line of the log of our programs, as far as it is shown when a container ends without a message. */
export const logLine = v.object({
  msg: v.optional(v.pipe(v.string(), v.minLength(1))),
  err: v.optional(v.object({ message: v.optional(v.pipe(v.string(), v.minLength(1))) })),
});
