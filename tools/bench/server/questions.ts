/** One request and the right answer to it. */
export interface Question {
  method: "GET" | "POST";
  /** With the query. */
  path: string;
  body: string | null;
  /** What wins: an intent, or the position of the greatest number. */
  winner: string;
}

/** A sentence for the intent API, as a query. */
export function intentQuestion(sentence: string, intent: string): Question {
  const path = `/api/intent?sentence=${encodeURIComponent(sentence)}`;
  return { method: "GET", path, body: null, winner: intent };
}

/** A sentence for an intent API that takes nothing but JSON bodies. */
export function postedIntentQuestion(sentence: string, intent: string): Question {
  const body = JSON.stringify({ sentence });
  return { method: "POST", path: "/api/intent", body, winner: intent };
}

/** A sentence for the Open Inference Protocol; the answer is known by its position. */
export function sentenceQuestion(model: string, sentence: string, position: number): Question {
  const input = { name: "sentence", datatype: "BYTES", shape: [1], data: [sentence] };
  return inferQuestion(model, input, position);
}

/** A row of numbers for the Open Inference Protocol. */
export function numbersQuestion(model: string, numbers: number[], position: number): Question {
  const input = { name: "x", datatype: "FP32", shape: [1, numbers.length], data: numbers };
  return inferQuestion(model, input, position);
}

function inferQuestion(model: string, input: object, position: number): Question {
  const body = JSON.stringify({ inputs: [input] });
  return { method: "POST", path: `/v2/models/${model}/infer`, body, winner: String(position) };
}

/**
 * What wins in an answer: the most probable intent of a list, or the position of the greatest
 * number of the first output of the Open Inference Protocol.
 *
 * @throws when it is neither
 */
export function winner(answer: string): string {
  const content = JSON.parse(answer) as Intents | Inferred;
  if (!("outputs" in content)) {
    const best = greatest(content.map(({ probability }) => probability));
    return (content[best] as Intents[number]).intent;
  }
  return String(greatest((content.outputs[0] as Inferred["outputs"][number]).data));
}

type Intents = { intent: string; probability: number }[];

interface Inferred {
  outputs: { data: number[] }[];
}

/** Position of the greatest number. */
export function greatest(numbers: number[]): number {
  return numbers.indexOf(Math.max(...numbers));
}
