import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Example } from "./corpus/corpus.ts";
import type { Answer } from "./metrics.ts";

const batch = 64;
const warmUps = 300;
const runs = 2000;
const usual = "Je cherche un petit hôtel avec piscine près de la gare, stp.";

/** A model file that answers, in one thread as in the server. */
export interface Evaluator {
  /** The winning labels and all probabilities, label after label. */
  run(sentences: string[]): Promise<{ labels: string[]; probabilities: Float32Array }>;
  loadMilliseconds: number;
  close(): Promise<void>;
}

/** Loads a model; the bytes or the path of the file. */
export async function createEvaluator(model: Uint8Array | string): Promise<Evaluator> {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const started = performance.now();
  const session =
    typeof model === "string"
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options);
  const loadMilliseconds = performance.now() - started;
  return {
    loadMilliseconds,
    async run(sentences) {
      const sentence = new Tensor("string", sentences, [sentences.length]);
      const { label, probabilities } = await session.run({ sentence });
      if (!label || !probabilities) throw new Error("The model has no label and probabilities");
      return {
        labels: label.data as string[],
        probabilities: probabilities.data as Float32Array,
      };
    },
    close: () => session.release(),
  };
}

/** Asks the model for every example; an intent that the model does not know is an error. */
export async function evaluate(
  evaluator: Evaluator,
  examples: Example[],
  labels: string[],
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < examples.length; start += batch) {
    const some = examples.slice(start, start + batch);
    const { probabilities } = await evaluator.run(some.map(({ sentence }) => sentence));
    some.forEach(({ sentence, intent }, index) => {
      const target = labels.indexOf(intent);
      if (target < 0) {
        throw new Error(`The model does not know "${intent}"; it knows ${labels.join(", ")}`);
      }
      const first = index * labels.length;
      const own = probabilities.slice(first, first + labels.length);
      answers.push({ sentence, target, probabilities: own });
    });
  }
  return answers;
}

/** Median time of one run with one sentence of 60 characters, in microseconds. */
export async function medianMicroseconds(evaluator: Evaluator): Promise<number> {
  const times: number[] = [];
  for (let run = -warmUps; run < runs; run++) {
    const started = performance.now();
    await evaluator.run([usual]);
    if (run >= 0) times.push((performance.now() - started) * 1000);
  }
  return times.sort((a, b) => a - b)[runs / 2]!;
}
