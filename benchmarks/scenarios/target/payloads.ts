/** What one request asks: a sentence of an intent classifier, or a body of the protocol. */
export type Payload = Sentence | Body;

/** A sentence for `GET /api/intent`. */
export interface Sentence {
  sentence: string;
}

/** A body for `POST /v2/models/{model}/infer`, as JSON text. */
export interface Body {
  body: string;
  /** Names of the outputs that it asks for; all of the model unless given. */
  outputs?: string[];
}

/**
 * The payloads in a text of JSON lines, where empty lines do not count; an Error names the first
 * line that is none.
 */
export function readPayloads(text: string, path: string): Payload[] {
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const payloads = lines
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => payload(line, `${path}, line ${number}`));
  const [first] = payloads;
  if (!first) throw new Error(`${path} has no payload; it needs one JSON object in each line`);
  const odd = payloads.findIndex((other) => isSentence(other) !== isSentence(first));
  if (odd >= 0) throw new Error(`${path} mixes sentences and inputs; payload ${odd + 1} differs`);
  return payloads;
}

/** Whether a payload is for an intent classifier. */
export function isSentence(given: Payload): given is Sentence {
  return "sentence" in given;
}

function payload(line: string, place: string): Payload {
  const { sentence, inputs, outputs } = parsed(line, place);
  if (typeof sentence === "string" && sentence !== "") return { sentence };
  if (sentence !== undefined)
    throw new Error(`${place}: sentence must be a text that is not empty`);
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw new Error(`${place} has neither "sentence" nor "inputs": ${line.slice(0, 100)}`);
  }
  for (const [index, input] of inputs.entries()) {
    const missing = ["name", "datatype", "shape", "data"].find(
      (field) => !(field in Object(input)),
    );
    if (missing) throw new Error(`${place}: inputs[${index}] has no ${missing}`);
  }
  const names = Array.isArray(outputs) ? outputs.map((output) => String(output?.name)) : [];
  return { body: line, ...(names.length > 0 && { outputs: names }) };
}

function parsed(line: string, place: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // The sentence below says it better than the parser.
  }
  throw new Error(`${place} is not a JSON object: ${line.slice(0, 100)}`);
}
