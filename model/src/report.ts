import { confidence, confusions, winner, type Metrics } from "./metrics.ts";

const shownConfusions = 5;
const shownSentences = 2;
const longest = 100;

/** The figures as text for a terminal. */
export function report(metrics: Metrics): string {
  const { sentences, accuracy, macroF1, calibrationError, labels } = metrics;
  const width = Math.max(...labels.map(({ label }) => label.length));
  const line = (cells: (string | number)[]) =>
    cells
      .map((cell, i) => (i === 0 ? String(cell).padEnd(width) : figure(cell).padStart(9)))
      .join(" ");
  return [
    `${sentences} sentences: accuracy ${figure(accuracy)}, macro F1 ${figure(macroF1)}, calibration error ${figure(calibrationError)}`,
    "",
    line(["label", "precision", "recall", "F1", "sentences"]),
    ...labels.map(({ label, precision, recall, f1, support }) =>
      line([label, precision, recall, f1, String(support)]),
    ),
    "",
    "Confusion (rows: right, columns: answered, in the same order)",
    ...metrics.confusion.map((row, k) => line([labels[k]!.label, ...row.map(String)])),
    "",
    ...worst(metrics),
  ].join("\n");
}

/** The most frequent confusions, with the sentences that were answered most surely. */
function worst(metrics: Metrics): string[] {
  return confusions(metrics)
    .slice(0, shownConfusions)
    .flatMap(({ from, to, count }) => [
      `${count} of ${metrics.labels[from]!.label} taken for ${metrics.labels[to]!.label}`,
      ...metrics.mistakes
        .filter((mistake) => mistake.target === from && winner(mistake) === to)
        .slice(0, shownSentences)
        .map((mistake) => `  ${figure(confidence(mistake))}  ${shortened(mistake.sentence)}`),
    ]);
}

function shortened(sentence: string): string {
  return sentence.length > longest ? `${sentence.slice(0, longest - 1)}…` : sentence;
}

function figure(value: string | number): string {
  if (typeof value === "string") return value;
  return Number.isNaN(value) ? "-" : value.toFixed(3);
}
