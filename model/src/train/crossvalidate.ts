import type { Example } from "../corpus/corpus.ts";
import type { Answer } from "../metrics.ts";
import { fit, scores, type Settings } from "./fit.ts";
import { folds } from "./folds.ts";
import { softmax } from "./temperature.ts";

/** Answers to every example from a model that was trained without it, fold by fold. */
export function* crossvalidate(
  examples: Example[],
  labels: string[],
  settings: Settings,
  count: number,
): Generator<Answer[]> {
  const fold = folds(examples, count);
  for (let held = 0; held < count; held++) {
    const seen = examples.filter((_, index) => fold[index] !== held);
    const classifier = fit(seen, labels, settings);
    yield examples
      .filter((_, index) => fold[index] === held)
      .map(({ sentence, intent }) => ({
        sentence,
        target: labels.indexOf(intent),
        probabilities: softmax(scores(classifier, sentence)),
      }));
  }
}
