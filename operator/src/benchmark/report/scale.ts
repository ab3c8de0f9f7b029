/** Maps values to positions in a picture. */
export interface Scale {
  kind: "linear" | "logarithmic";
  /** The values at the two ends. */
  domain: readonly [number, number];
  /** Round values, from the smallest to the largest. */
  ticks: number[];
  /** The position of a value; one outside the domain is put at the nearer end. */
  at: (value: number) => number;
}

/** The positions of the smallest and the largest value. */
export type Range = readonly [number, number];

/** From this ratio of the largest to the smallest value on, small ones cannot be told apart. */
const wide = 20;

/** Linear from zero, or logarithmic where the values are too far apart for that. */
export function scaleOf(values: readonly number[], range: Range): Scale {
  const positive = values.filter((value) => value > 0);
  const smallest = Math.min(...positive);
  const largest = Math.max(...positive);
  if (positive.length === 0) return linear(1, range);
  return largest / smallest > wide ? logarithmic(smallest, largest, range) : linear(largest, range);
}

/** From zero to a round value that is not below the largest one. */
export function linear(largest: number, range: Range): Scale {
  const step = roundStep(largest / 4);
  const count = Math.max(1, Math.ceil(Number((largest / step).toFixed(9))));
  const ticks = Array.from({ length: count + 1 }, (_, index) => round(index * step));
  return scaled("linear", ticks, range, (value) => value);
}

/** From zero to exactly the largest value, with round values between. */
export function exact(largest: number, range: Range): Scale {
  const { ticks } = linear(largest, range);
  const inside = ticks.filter((tick) => tick <= largest);
  return { ...scaled("linear", [0, largest], range, (value) => value), ticks: inside };
}

/** Between two values 1, 2 or 5 times a power of ten, one below and one above the given ones. */
export function logarithmic(smallest: number, largest: number, range: Range): Scale {
  const first = Math.floor(Math.log10(smallest));
  const last = Math.ceil(Math.log10(largest));
  const decades = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const all = decades.flatMap((decade) => [1, 2, 5].map((digit) => round(digit * 10 ** decade)));
  const from = all.findLast((tick) => tick <= smallest) ?? smallest;
  const to = all.find((tick) => tick >= largest) ?? largest;
  const fine = all.filter((tick) => tick >= from && tick <= to);
  const powers = fine.filter((tick) => Number.isInteger(round(Math.log10(tick))));
  const stride = Math.ceil(powers.length / 7);
  const coarse = powers.filter((_, index) => index % stride === 0);
  const result = scaled("logarithmic", [from, to], range, Math.log10);
  return { ...result, ticks: fine.length > 7 ? coarse : fine };
}

function scaled(
  kind: Scale["kind"],
  ticks: number[],
  [start, end]: Range,
  transformed: (value: number) => number,
): Scale {
  const domain = [ticks[0] ?? 0, ticks.at(-1) ?? 1] as const;
  const [from, to] = [transformed(domain[0]), transformed(domain[1])];
  const at = (value: number) => {
    const inside = Math.min(Math.max(value, domain[0]), domain[1]);
    const position = start + ((transformed(inside) - from) / (to - from)) * (end - start);
    return Number(position.toFixed(1));
  };
  return { kind, domain, ticks, at };
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below a value. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = [1, 2, 5, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return round(digit * power);
}

/** Without what binary fractions leave, such as the end of 0.30000000000000004. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}
