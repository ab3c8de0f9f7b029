import type { Rows } from "../features/rows.ts";
import { minimize } from "./lbfgs.ts";

/** A linear classifier: `weights[feature * classes + class]`, and one bias for each class. */
export interface Linear {
  weights: Float64Array;
  biases: Float64Array;
}

/** Rows with the class of each. */
export interface Problem {
  rows: Rows;
  /** Number of features. */
  width: number;
  targets: Int32Array;
  classes: number;
  /** How much each row counts. */
  importance: Float64Array;
}

/**
 * One linear classifier against the rest for each class: squared hinge loss with an L2 penalty, of
 * which `strength` is the inverse. In cross-validation it beat multinomial logistic regression.
 */
export function linear(problem: Problem, strength: number, iterations: number): Linear {
  const size = (problem.width + 1) * problem.classes;
  const point = minimize(
    (at, gradient) => loss(problem, 1 / strength, at, gradient),
    new Float64Array(size),
    { iterations, tolerance: 1e-2 },
  );
  const split = problem.width * problem.classes;
  return { weights: point.slice(0, split), biases: point.slice(split) };
}

/** Loss plus penalty; adds up its gradient on the way. */
function loss(
  { rows, width, targets, classes, importance }: Problem,
  penalty: number,
  at: Float64Array,
  gradient: Float64Array,
): number {
  const { offsets, columns, values } = rows;
  const base = width * classes;
  const scores = new Float64Array(classes);
  let total = 0;
  gradient.fill(0);
  for (let row = 0; row < targets.length; row++) {
    const first = offsets[row]!;
    const last = offsets[row + 1]!;
    for (let k = 0; k < classes; k++) scores[k] = at[base + k]!;
    for (let j = first; j < last; j++) {
      const column = columns[j]! * classes;
      for (let k = 0; k < classes; k++) scores[k]! += values[j]! * at[column + k]!;
    }
    total += importance[row]! * hinge(scores, targets[row]!);
    for (let k = 0; k < classes; k++) scores[k]! *= importance[row]!;
    for (let k = 0; k < classes; k++) gradient[base + k]! += scores[k]!;
    for (let j = first; j < last; j++) {
      const column = columns[j]! * classes;
      for (let k = 0; k < classes; k++) gradient[column + k]! += values[j]! * scores[k]!;
    }
  }
  for (let i = 0; i < base; i++) {
    total += 0.5 * penalty * at[i]! * at[i]!;
    gradient[i]! += penalty * at[i]!;
  }
  return total;
}

/** The loss of one row's scores, which it replaces by their gradient. */
function hinge(scores: Float64Array, target: number): number {
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    const side = k === target ? 1 : -1;
    const missing = Math.max(0, 1 - side * scores[k]!);
    sum += missing * missing;
    scores[k] = -2 * side * missing;
  }
  return sum;
}
