/** Points of `size` numbers each, one after the other, and how much each counts. */
export interface Points {
  values: Float64Array;
  importance: Float64Array;
  size: number;
}

/** Which cluster each point belongs to, and the centres one after the other. */
export interface Clusters {
  members: Int32Array;
  centres: Float64Array;
}

const rounds = 6;

/**
 * Weighted k-means: clusters so that replacing each point by its cluster's centre loses little.
 * Starts from the points that count most and are largest, so it needs no randomness.
 */
export function cluster(points: Points, count: number): Clusters {
  const { values, importance, size } = points;
  const total = importance.length;
  const weight = (i: number) => importance[i]! * norm(values, i, size);
  const first = Array.from({ length: total }, (_, i) => i)
    .sort((a, b) => weight(b) - weight(a) || a - b)
    .slice(0, count);
  let centres: Float64Array = Float64Array.from(
    first.flatMap((i) => [...values.subarray(i * size, (i + 1) * size)]),
  );
  const members = new Int32Array(total);
  for (let round = 0; round < rounds; round++) {
    const sorted = byFirstNumber(centres, size);
    for (let i = 0; i < total; i++) members[i] = nearest(points, i, centres, sorted);
    if (round < rounds - 1) centres = means(points, members, centres);
  }
  return withoutEmpty({ members, centres }, size);
}

/** Numbers the clusters that have members, and drops the others. */
function withoutEmpty({ members, centres }: Clusters, size: number): Clusters {
  const used = [...new Set(members)].sort((a, b) => a - b);
  const number = new Map(used.map((old, index) => [old, index]));
  return {
    members: members.map((member) => number.get(member)!),
    centres: Float64Array.from(
      used.flatMap((old) => [...centres.subarray(old * size, (old + 1) * size)]),
    ),
  };
}

function norm(values: Float64Array, index: number, size: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += values[index * size + k]! ** 2;
  return sum;
}

/** The centres in the order of their first number: a search can stop where that alone is too far. */
function byFirstNumber(centres: Float64Array, size: number): Int32Array {
  const order = Int32Array.from({ length: centres.length / size }, (_, i) => i);
  return order.sort((a, b) => centres[a * size]! - centres[b * size]! || a - b);
}

function nearest(
  { values, size }: Points,
  index: number,
  centres: Float64Array,
  sorted: Int32Array,
): number {
  const base = index * size;
  const first = values[base]!;
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >> 1;
    if (centres[sorted[middle]! * size]! < first) low = middle + 1;
    else high = middle;
  }
  let best = -1;
  let closest = Infinity;
  const look = (at: number) => {
    const centre = sorted[at]! * size;
    let distance = (first - centres[centre]!) ** 2;
    if (distance >= closest) return false;
    for (let k = 1; k < size && distance < closest; k++) {
      distance += (values[base + k]! - centres[centre + k]!) ** 2;
    }
    if (distance < closest) {
      closest = distance;
      best = sorted[at]!;
    }
    return true;
  };
  for (let at = low; at < sorted.length && look(at);) at++;
  for (let at = low - 1; at >= 0 && look(at);) at--;
  return best;
}

function means(
  { values, importance, size }: Points,
  members: Int32Array,
  old: Float64Array,
): Float64Array {
  const sums = new Float64Array(old.length);
  const totals = new Float64Array(old.length / size);
  for (let i = 0; i < members.length; i++) {
    const member = members[i]!;
    totals[member]! += importance[i]!;
    for (let k = 0; k < size; k++) {
      sums[member * size + k]! += importance[i]! * values[i * size + k]!;
    }
  }
  return sums.map((sum, i) => {
    const total = totals[Math.floor(i / size)]!;
    return total > 0 ? sum / total : old[i]!;
  });
}
