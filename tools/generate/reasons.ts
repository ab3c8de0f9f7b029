/** What a reason means, by the conditions that say so; "a pod" stands for what pods cause. */
export type Meanings = { of: string[]; sentence: string }[];

/** Meanings of all reasons, as the comments in operator/src/api/reasons.ts say them. */
export function meanings(source: string): Record<string, Meanings> {
  const commented = /\/\*\*((?:(?!\*\/).)*)\*\/\s+(\w+): "\2"/gs;
  return Object.fromEntries(
    [...source.matchAll(commented)].map(([, comment = "", reason = ""]) => [
      reason,
      parts(comment.replaceAll(/\s*\n\s*\*?\s*/g, " ").trim()),
    ]),
  );
}

/** Each part begins with the names of conditions and a colon. */
function parts(comment: string): Meanings {
  const names = /(?:^|\. )((?:(?:[A-Z]\w+|[Aa] pod)(?:, )?)+): /g;
  const pieces = comment.split(names);
  if (pieces.length < 3) throw new Error(`No condition is named in the comment: ${comment}`);
  const found: Meanings = [];
  for (let index = 1; index < pieces.length; index += 2) {
    const sentence = (pieces[index + 1] ?? "").replace(/\.$/, "");
    found.push({ of: (pieces[index] ?? "").split(", "), sentence });
  }
  return found;
}

/** What a reason means in a condition. */
export function meaning(all: Meanings, condition: string): string {
  const part = all.find(({ of }) => of.includes(condition)) ?? all[0];
  return part?.sentence ?? "";
}
