const lowest = 0.1;
const highest = 10;
const steps = 40;

/**
 * What scores must be divided by so that the probabilities of unseen sentences fit best, by golden
 * section on a logarithmic scale. Guo et al., On Calibration of Modern Neural Networks, 2017.
 */
export function temperature(scores: Float64Array[], targets: number[]): number {
  const loss = (logarithm: number) => surprise(scores, targets, Math.exp(logarithm));
  const ratio = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(lowest);
  let high = Math.log(highest);
  for (let step = 0; step < steps; step++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (loss(left) < loss(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

function surprise(scores: Float64Array[], targets: number[], heat: number): number {
  return scores.reduce((sum, row, index) => {
    const likely = softmax(row.map((score) => score / heat))[targets[index]!]!;
    return sum - Math.log(Math.max(likely, Number.MIN_VALUE));
  }, 0);
}

/** Turns scores into probabilities, in place. */
export function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    scores[k] = Math.exp(scores[k]! - largest);
    sum += scores[k]!;
  }
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum;
  return scores;
}
