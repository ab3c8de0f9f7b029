import { isSentence, type Payload } from "./payloads.ts";

/** What the requests to a model look like; it travels as JSON from k6's setup to each virtual user. */
export type RequestShape = Intent | Inference | Unknown;

/** An intent classifier gets a sentence of 20 random letters, a new one each time. */
interface Intent {
  kind: "intent";
  url: string;
}

/** Any other model gets random tensors that fit its metadata. */
interface Inference {
  kind: "inference";
  url: string;
  inputs: Tensor[];
  outputs: Tensor[];
}

/** The model did not describe itself, so each request asks for that, and none counts as good. */
interface Unknown {
  kind: "unknown";
  url: string;
}

/** A tensor as the Open Inference Protocol describes it. */
export interface Tensor {
  name: string;
  datatype: string;
  /** Size of each dimension, -1 for any. */
  shape: number[];
}

/** One HTTP request. */
export interface Request {
  method: "GET" | "POST";
  url: string;
  body: string | null;
}

/**
 * The shape of the requests to a model with this metadata, which is the JSON text that the Open
 * Inference Protocol has at the model's address; unknown when it does not name the tensors.
 */
export function inference(url: string, metadata: string): RequestShape {
  try {
    const { inputs, outputs } = JSON.parse(metadata) as Partial<Inference>;
    if (inputs?.length && outputs?.length) {
      return { kind: "inference", url: `${url}/infer`, inputs, outputs };
    }
  } catch {
    // What is not JSON names no tensors.
  }
  return { kind: "unknown", url };
}

/** A request of a shape: with a payload, or else with content of its own each time. */
export function request(shape: RequestShape, payload?: Payload): Request {
  const { kind, url } = shape;
  if (kind === "unknown") return { method: "GET", url, body: null };
  if (kind === "intent") {
    const sentence = payload && isSentence(payload) ? payload.sentence : randomLetters(20);
    return { method: "GET", url: `${url}?sentence=${encodeURIComponent(sentence)}`, body: null };
  }
  const isBody = payload && !isSentence(payload);
  const body = isBody ? payload.body : JSON.stringify(randomTensors(shape.inputs));
  return { method: "POST", url, body };
}

/**
 * What is wrong with an answer of status 2xx; undefined when it is as it should be.
 *
 * @param payload what was asked, unless the content was random
 */
export function problemIn(
  shape: RequestShape,
  body: string,
  payload?: Payload,
): string | undefined {
  if (shape.kind === "unknown") return "the model did not describe its inputs";
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return "the answer is not JSON";
  }
  if (shape.kind === "intent") return intentProblem(answer);
  const asked = payload && !isSentence(payload) ? payload.outputs : undefined;
  return inferenceProblem(answer, asked ?? shape.outputs.map(({ name }) => name));
}

function intentProblem(answer: unknown): string | undefined {
  if (!Array.isArray(answer) || answer.length === 0) return "the answer is not a list of intents";
  const probabilities = answer.map((intent) => Number(intent?.probability));
  const sum = probabilities.reduce((total, probability) => total + probability, 0);
  return Math.abs(sum - 1) < 0.01 ? undefined : "the probabilities do not add up to 1";
}

function inferenceProblem(answer: unknown, outputs: string[]): string | undefined {
  const given = (answer as { outputs?: unknown } | null)?.outputs;
  if (!Array.isArray(given)) return "the answer has no outputs";
  const hasData = (name: string) =>
    given.some((tensor) => tensor?.name === name && Array.isArray(tensor.data));
  const missing = outputs.find((name) => !hasData(name));
  return missing === undefined ? undefined : `output ${missing} is missing`;
}

function randomTensors(tensors: Tensor[]): object {
  const inputs = tensors.map(({ name, datatype, shape }) => {
    const sizes = shape.map((size) => (size < 0 ? 1 : size));
    const length = sizes.reduce((product, size) => product * size, 1);
    const data = Array.from({ length }, () => randomValue(datatype));
    return { name, datatype, shape: sizes, data };
  });
  return { inputs };
}

/** Whole numbers are 0 or 1, which models that look something up by number understand as well. */
function randomValue(datatype: string): boolean | number | string {
  if (datatype === "BOOL") return Math.random() < 0.5;
  if (datatype === "BYTES") return randomLetters(20);
  return /^U?INT/.test(datatype) ? Math.floor(Math.random() * 2) : Math.random();
}

function randomLetters(count: number): string {
  const letter = () => String.fromCharCode(97 + Math.floor(Math.random() * 26));
  return Array.from({ length: count }, letter).join("");
}
