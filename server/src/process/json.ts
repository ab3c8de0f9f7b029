/** Parses JSON; integers that a number cannot hold exactly become BigInts. */
export function parseExactJson(text: string): unknown {
  // A reviver makes parsing twenty times slower, and only integers of 16 digits need it.
  const isNeeded = /[[,:\s-]\d{16,}[\],}\s]/.test(text);
  return isNeeded ? JSON.parse(text, exactInteger) : JSON.parse(text);
}

function exactInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

// TypeScript's library does not know it yet.
const { rawJSON } = JSON as typeof JSON & { rawJSON: (text: string) => unknown };

/** A value that JSON.stringify prints with all digits of the integer. */
export function exactJson(value: bigint): unknown {
  return Number.isSafeInteger(Number(value)) ? Number(value) : rawJSON(value.toString());
}

/** A value out of JSON in a few words, for sentences about what is wrong with it. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value === null || typeof value !== "object") {
    const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? "missing");
    return text.length > 40 ? `${text.slice(0, 40)}…` : text;
  }
  return "an object";
}
