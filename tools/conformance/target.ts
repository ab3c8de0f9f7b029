import { request as plain, type IncomingHttpHeaders } from "node:http";
import { request as secure } from "node:https";
import { buffer } from "node:stream/consumers";
import { madeUp, type JsonInput, type Spec } from "./inputs.ts";
import { expect, show } from "./expect.ts";

/** What a server says about its model. */
export interface Metadata {
  name: string;
  versions?: string[];
  platform: string;
  inputs: Spec[];
  outputs: Spec[];
}

/** A server, one of its models, and inputs that this model takes. */
export interface Target {
  /** Address in front of `/v2`. */
  url: string;
  metadata: Metadata;
  /** What the server says that it can do beyond the protocol. */
  extensions: string[];
  inputs: JsonInput[];
}

/** An answer as it came, not unpacked. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What is sent besides a path. */
export interface Sent {
  method?: string;
  headers?: Record<string, string | number>;
  body?: string | Buffer;
}

const patience = 20_000;

/** Sends a request; resolves with the answer, also when the body was not read. */
export async function send(url: string, { method, headers, body }: Sent = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = url.startsWith("https:") ? secure : plain;
  const timer = setTimeout(() => outgoing.destroy(new Error("no answer came in time")), patience);
  const outgoing = request(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers,
    agent: false,
  });
  outgoing.on("error", reject);
  outgoing.on("response", (incoming) => {
    const { statusCode: status = 0, headers: received } = incoming;
    buffer(incoming).then(
      (content) => resolve({ status, headers: received, body: content }),
      reject,
    );
  });
  if (headers?.["Content-Length"] === undefined || body !== undefined) outgoing.end(body);
  else outgoing.flushHeaders();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    outgoing.destroy();
  }
}

/** The path of a model, or of one of its versions. */
export const modelPath = ({ url, metadata }: Target, version?: string) => {
  const model = `${url}/v2/models/${encodeURIComponent(metadata.name)}`;
  return version === undefined ? model : `${model}/versions/${encodeURIComponent(version)}`;
};

/** Sends an inference request of JSON alone. */
export const infer = (target: Target, body: unknown): Promise<Answer> =>
  send(`${modelPath(target)}/infer`, {
    headers: { "Content-Type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** The object in an answer's body. */
export function object({ status, body }: Answer): Record<string, unknown> {
  const text = body.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  expect(isObject, "a JSON object as the body", text === "" ? `an empty ${status}` : text);
  return value as Record<string, unknown>;
}

/** The object in the body of an answer that says 200. */
export function success(answer: Answer): Record<string, unknown> {
  const { status, body } = answer;
  expect(status === 200, "a status of 200", `${status} ${show(body.toString())}`);
  return object(answer);
}

/** The sentence in the body of an answer that refuses. */
export function refusal(answer: Answer, expected?: number): string {
  const { status, body } = answer;
  const isRight = expected === undefined ? status >= 400 && status < 500 : status === expected;
  const wanted = expected ?? "400 to 499";
  expect(isRight, `a status of ${wanted}`, `${status} ${show(body.toString())}`);
  const { error } = object(answer);
  expect(typeof error === "string" && error !== "", '{"error": "a sentence"}', body.toString());
  return error;
}

/**
 * Asks a server what its model takes.
 *
 * @param inputs inputs to use; made up from the metadata otherwise
 */
export async function createTarget(
  url: string,
  model: string,
  inputs?: JsonInput[],
): Promise<Target> {
  const base = url.replace(/\/+$/, "");
  const answer = success(await send(`${base}/v2/models/${encodeURIComponent(model)}`));
  const metadata = answer as unknown as Metadata;
  expect(Array.isArray(metadata.inputs), "inputs in the model's metadata", answer);
  expect(Array.isArray(metadata.outputs), "outputs in the model's metadata", answer);
  const { extensions = [] } = success(await send(`${base}/v2`)) as { extensions?: string[] };
  return {
    url: base,
    // What the server calls it is a case; what it is asked for is what the user said.
    metadata: { ...metadata, name: model },
    extensions,
    inputs: inputs ?? metadata.inputs.map(madeUp),
  };
}
