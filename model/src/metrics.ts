/** What a model answered to a sentence of known intent. */
export interface Answer {
  sentence: string;
  /** Index of the right label. */
  target: number;
  probabilities: ArrayLike<number>;
}

/** How well one label is found. */
export interface LabelMetrics {
  label: string;
  precision: number;
  recall: number;
  f1: number;
  /** Sentences that have the label. */
  support: number;
}

/** How good the answers are. */
export interface Metrics {
  sentences: number;
  accuracy: number;
  /** Mean of the labels' F1. */
  macroF1: number;
  /** Expected calibration error over ten bins of equal width. */
  calibrationError: number;
  labels: LabelMetrics[];
  /** `confusion[right][answered]`, in sentences. */
  confusion: number[][];
  /** The wrong answers, the surest first. */
  mistakes: Answer[];
}

const bins = 10;

/** The index of the largest probability, the first of several. */
export function winner({ probabilities }: Pick<Answer, "probabilities">): number {
  let best = 0;
  for (let k = 1; k < probabilities.length; k++) {
    if (probabilities[k]! > probabilities[best]!) best = k;
  }
  return best;
}

/** Computes all figures; labels that neither occur nor are answered are left out of the mean. */
export function metrics(answers: Answer[], labels: string[]): Metrics {
  const confusion = labels.map(() => labels.map(() => 0));
  for (const answer of answers) confusion[answer.target]![winner(answer)]! += 1;
  const perLabel = labels.map((label, k) => labelMetrics(label, k, confusion));
  const used = perLabel.filter(({ support, precision }) => support > 0 || !Number.isNaN(precision));
  const right = sum(labels.map((_, k) => confusion[k]![k]!));
  return {
    sentences: answers.length,
    accuracy: right / answers.length,
    macroF1: sum(used.map(({ f1 }) => f1)) / used.length,
    calibrationError: calibrationError(answers),
    labels: perLabel,
    confusion,
    mistakes: answers
      .filter((answer) => winner(answer) !== answer.target)
      .sort((a, b) => confidence(b) - confidence(a)),
  };
}

/** How sure an answer is of itself. */
export function confidence(answer: Answer): number {
  return answer.probabilities[winner(answer)]!;
}

/** How many of the sentences of `right` were taken for `answered`, the most first. */
export function confusions({ confusion }: Metrics): { from: number; to: number; count: number }[] {
  return confusion
    .flatMap((row, from) => row.map((count, to) => ({ from, to, count })))
    .filter(({ from, to, count }) => from !== to && count > 0)
    .sort((a, b) => b.count - a.count || a.from - b.from || a.to - b.to);
}

function labelMetrics(label: string, k: number, confusion: number[][]): LabelMetrics {
  const found = confusion[k]![k]!;
  const support = sum(confusion[k]!);
  const answered = sum(confusion.map((row) => row[k]!));
  return {
    label,
    support,
    precision: found / answered,
    recall: found / support,
    f1: support + answered === 0 ? Number.NaN : (2 * found) / (support + answered),
  };
}

/** Guo et al. 2017: the gap between how sure the answers of a bin are and how often they are right. */
function calibrationError(answers: Answer[]): number {
  const gaps = Array.from({ length: bins }, () => 0);
  for (const answer of answers) {
    const bin = Math.min(bins - 1, Math.floor(confidence(answer) * bins));
    gaps[bin]! += confidence(answer) - (winner(answer) === answer.target ? 1 : 0);
  }
  return sum(gaps.map(Math.abs)) / answers.length;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
