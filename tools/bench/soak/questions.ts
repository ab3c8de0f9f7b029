import { gunzipSync, gzipSync } from "node:zlib";
import type { Answer } from "./connection.ts";

/** A kind of request in the mix. */
export type Kind = keyof typeof shares;

/** How many of a hundred requests are of each kind. */
export const shares = {
  intent: 45,
  json: 25,
  binary: 15,
  compressed: 1,
  refused: 9,
  aborted: 4,
  about: 1,
};

/** A request and, where it is not abandoned, how to tell whether its answer is right. */
export interface Question {
  kind: Kind;
  /** The bytes to send; only the beginning of a request when it is abandoned halfway. */
  request: Buffer;
  /** Whether the client goes away without waiting for the answer. */
  isAbandoned: boolean;
  /** Where a request carries its id: both as texts of the same length. */
  id: string | undefined;
  /** What all questions with the same key are answered, but for their ids. */
  key: string;
}

/** A source of numbers from 0 to 1 that gives the same ones for the same seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The question that a random number stands for; `number` makes its id unique. */
export function question(model: string, number: number, next: () => number): Question {
  const kind = pickKind(next() * 100);
  const id = String(number).padStart(idLength, "0");
  const sentence = pick(sentences, next());
  const path = `/v2/models/${model}/infer`;
  const whole = { kind, isAbandoned: false, id };
  switch (kind) {
    case "intent":
      return { ...whole, id: undefined, key: `intent ${sentence}`, request: intent(sentence) };
    case "json":
      return { ...whole, key: `json ${sentence}`, request: json(path, id, [sentence]) };
    case "binary":
      return { ...whole, key: `binary ${sentence}`, request: binary(path, id, sentence) };
    case "compressed":
      return { ...whole, key: "compressed", request: compressed(path, id) };
    case "refused": {
      const index = Math.floor(next() * refusals.length);
      const [head, body = ""] = refusals[index] as [string, string?];
      const request = message(head.replace("PATH", path), Buffer.from(body));
      return { ...whole, id: undefined, key: `refused ${index}`, request };
    }
    case "about": {
      const address = pick(["/v2", "/v2/health/ready", "/api/health", "/openapi.json"], next());
      const request = message(`GET ${address}`);
      return { ...whole, id: undefined, key: `about ${address}`, request };
    }
    default: {
      const request = next() < 0.5 ? json(path, id, sentences) : intent(sentence);
      // Half of a long body, or all of a request.
      const sent = request.length > 2000 ? request.subarray(0, request.length / 2) : request;
      return { kind, isAbandoned: true, id: undefined, key: "", request: sent };
    }
  }
}

const idLength = 9;

/** Whether two answers are the same but for the ids of their requests. */
export function areSame(answer: Answer, expected: Answer, id: string | undefined): boolean {
  if (answer.status !== expected.status) return false;
  const [found, reference] = [plain(answer), plain(expected)];
  if (id === undefined) return found.equals(reference);
  const start = reference.indexOf('"id":"') + '"id":"'.length;
  const end = start + idLength;
  return (
    found.toString("latin1", start, end) === id &&
    found.subarray(0, start).equals(reference.subarray(0, start)) &&
    found.subarray(end).equals(reference.subarray(end))
  );
}

function plain({ head, body }: Answer): Buffer {
  return /^content-encoding: gzip$/im.test(head) ? gunzipSync(body) : body;
}

function pickKind(number: number): Kind {
  let sum = 0;
  for (const [kind, share] of Object.entries(shares)) {
    sum += share;
    if (number < sum) return kind as Kind;
  }
  return "intent";
}

const pick = <T>(values: T[], number: number) => values[Math.floor(number * values.length)] as T;

const beginnings = [
  "Je cherche un hôtel à",
  "Un train pour",
  "Y a-t-il un vol vers",
  "Où manger une pizza à",
  "Que faire ce soir à",
  "Quels films passent au cinéma de",
  "Je voudrais acheter un vélo à",
  "Il pleut souvent à",
];
const towns = ["Paris", "Lyon", "Brest", "Lille", "Nîmes", "Nancy", "Pau", "Troyes", "Dax", "Sète"];
const sentences = beginnings.flatMap((beginning) => towns.map((town) => `${beginning} ${town} ?`));

const jsonType = "Content-Type: application/json";

/** Requests that are refused: method and address with further lines of the head, and the body. */
const refusals: [head: string, body?: string][] = [
  ["GET /api/intent"],
  [`GET /api/intent?sentence=${"x".repeat(1001)}`],
  ["GET /nowhere"],
  ["GET /v2/models/other"],
  ["DELETE /v2"],
  [`POST PATH\r\n${jsonType}`, '{"inputs":'],
  [`POST PATH\r\n${jsonType}`, '{"inputs":[]}'],
  ["POST PATH\r\nContent-Type: text/plain", "Un train pour Paris"],
  [
    `POST PATH\r\n${jsonType}`,
    '{"inputs":[{"name":"sentence","datatype":"BYTES","shape":[2],"data":["un"]}]}',
  ],
];

function intent(sentence: string): Buffer {
  return message(`GET /api/intent?sentence=${encodeURIComponent(sentence)}`);
}

function json(path: string, id: string, data: string[]): Buffer {
  return message(`POST ${path}\r\n${jsonType}`, inferBody(id, data));
}

function inferBody(id: string, data: string[]): Buffer {
  const input = { name: "sentence", datatype: "BYTES", shape: [data.length], data };
  return Buffer.from(JSON.stringify({ id, inputs: [input] }));
}

function compressed(path: string, id: string): Buffer {
  const head = `POST ${path}\r\n${jsonType}\r\nContent-Encoding: gzip\r\nAccept-Encoding: gzip`;
  return message(head, gzipSync(inferBody(id, sentences), { level: 1 }));
}

/** The sentence and all outputs as bytes. */
function binary(path: string, id: string, sentence: string): Buffer {
  const text = Buffer.from(sentence);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const parameters = { binary_data_size: 4 + text.length };
  const inputs = [{ name: "sentence", datatype: "BYTES", shape: [1], parameters }];
  const header = JSON.stringify({ id, inputs, parameters: { binary_data_output: true } });
  const head = `POST ${path}\r\nContent-Type: application/octet-stream\r\nInference-Header-Content-Length: ${header.length}`;
  return message(head, Buffer.concat([Buffer.from(header), length, text]));
}

/** A request; the head begins with method and address and may have more lines. */
function message(head: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const [first = "", ...others] = head.split("\r\n");
  const length = body.length > 0 ? [`Content-Length: ${body.length}`] : [];
  const lines = [`${first} HTTP/1.1`, "Host: localhost", ...others, ...length, "", ""];
  return Buffer.concat([Buffer.from(lines.join("\r\n")), body]);
}
