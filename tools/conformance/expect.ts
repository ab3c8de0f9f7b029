/** An answer that is not what the protocol says. */
export class Unexpected extends Error {
  constructor(expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
  }
}

/**
 * Holds when a condition does.
 *
 * @throws Unexpected otherwise
 */
export function expect(condition: boolean, expected: string, found: unknown): asserts condition {
  if (!condition) throw new Unexpected(expected, show(found));
}

/** A value in a few words. */
export function show(value: unknown): string {
  const json = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  const text = json.replaceAll(/\s+/g, " ");
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
