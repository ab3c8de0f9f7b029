/** The least and the greatest of what several rounds found. */
export interface Range {
  least: number;
  most: number;
}

/** The range of some numbers; undefined when there are none. */
export function range(values: (number | undefined)[]): Range | undefined {
  const numbers = values.filter((value) => value !== undefined);
  if (numbers.length === 0) return undefined;
  return { least: Math.min(...numbers), most: Math.max(...numbers) };
}

/** Both ends with so many decimals, and only one where they look alike; an en dash for nothing. */
export function show(found: Range | undefined, decimals = 0): string {
  if (!found) return "–";
  const text = (value: number) =>
    value.toLocaleString("en", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  const [least, most] = [text(found.least), text(found.most)];
  return least === most ? least : `${least}–${most}`;
}

/** The middle of an odd number of values, and between the two middle ones of an even number. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
