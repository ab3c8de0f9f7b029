import * as v from "valibot";

/** Most characters of a text from a pod that are kept; it can be anything. */
const mostCharacters = 600;

/** A text on one line, and not longer than a condition should be. */
export const shortText = v.pipe(
  v.string(),
  v.transform((text) =>
    text
      .replaceAll(/[\p{C}\s]+/gu, " ")
      .trim()
      .slice(0, mostCharacters),
  ),
  v.minLength(1),
);

/** Why something does not work: a word for programs, and a sentence for people. */
export const problem = v.object({
  reason: v.pipe(v.string(), v.regex(/^[A-Z]\w{0,63}$/)),
  message: shortText,
});
export type Problem = v.InferOutput<typeof problem>;
