import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { captureReport, type CaptureReport } from "../state/capture-report.ts";
import type { ModelDescription, Tensor } from "../state/observed.ts";
import type { RequestCount } from "../state/traffic.ts";

/** Asks a model server, on its ops port, what only it knows. */
export interface Introspection {
  /** What it says about the model it has loaded; undefined when it does not say. */
  model(podIP: string): Promise<ModelDescription | undefined>;
  /** Why it is not ready; undefined when it is, or does not say. */
  unready(podIP: string): Promise<string | undefined>;
  /** How it stands with the database of spec.capture; undefined when it does not say. */
  capture(podIP: string): Promise<CaptureReport | undefined>;
  /** How many requests it has answered; undefined when it does not say. */
  traffic(podIP: string): Promise<RequestCount | undefined>;
}

/** How to ask. */
export interface IntrospectionOptions {
  /** The ops port, 9090 unless said. */
  port?: number;
  /** Milliseconds for one answer, 2,000 unless said. */
  timeout?: number;
}

/** Most bytes of an answer that are read; it comes from a pod, so it can be anything. */
const longest = 256 * 1024;

/**
 * Asks over plain HTTP, each time over a connection of its own; a pod that does not answer, or not
 * in time, says nothing.
 */
export function createIntrospection(options: IntrospectionOptions = {}): Introspection {
  const { port = 9090, timeout = 2_000 } = options;

  async function ask(podIP: string, path: string): Promise<Answer | undefined> {
    const signal = AbortSignal.timeout(timeout);
    try {
      const request = get({ host: podIP, port, path, signal, agent: false });
      // One that breaks off in mid-answer shows in the answer.
      request.on("error", () => {});
      const [response] = (await once(request, "response")) as [IncomingMessage];
      return { status: response.statusCode ?? 0, body: await text(response) };
    } catch {
      // It cannot be reached, which the status shows by what it leaves out.
      return undefined;
    }
  }

  return {
    async model(podIP) {
      const answer = await ask(podIP, "/model");
      return answer?.status === 200 ? modelDescription(answer.body) : undefined;
    },
    async unready(podIP) {
      const answer = await ask(podIP, "/readyz");
      return answer && answer.status >= 400 ? sentence(answer.body) : undefined;
    },
    async capture(podIP) {
      const answer = await ask(podIP, "/capture");
      if (answer?.status === 404) return { state: "Off", annotators: [] };
      return answer?.status === 200 ? captureReport(fields(answer.body)) : undefined;
    },
    async traffic(podIP) {
      const answer = await ask(podIP, "/traffic");
      return answer?.status === 200 ? requestCount(fields(answer.body)) : undefined;
    },
  };
}

interface Answer {
  status: number;
  body: string;
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longest) throw new Error(`The answer is longer than ${longest} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What a server says about its model, as far as it fits into the status; undefined otherwise. */
export function modelDescription(body: string): ModelDescription | undefined {
  const said = fields(body);
  const { sha256 } = said;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  const inputs = tensors(said["inputs"]);
  const outputs = tensors(said["outputs"]);
  return inputs && outputs ? { sha256, inputs, outputs, ...details(said) } : undefined;
}

/** Most labels that the status shows. */
const mostLabels = 100;

/** What a description can do without. */
function details(said: Record<string, unknown>): Partial<ModelDescription> {
  const { labels, memory, node } = said;
  const { cpu } = (node ?? {}) as Record<string, unknown>;
  const { atRest, peak } = (memory ?? {}) as Record<string, unknown>;
  const isText = (label: unknown) => typeof label === "string" && label.length <= 256;
  const isList = Array.isArray(labels) && labels.every(isText);
  return {
    sizeBytes: whole(said["sizeBytes"]),
    opset: whole(said["opset"]),
    ...(isList && { labels: (labels as string[]).slice(0, mostLabels) }),
    loadSeconds: positive(said["loadSeconds"]),
    warmUpSeconds: positive(said["warmUpSeconds"]),
    memory: { atRest: whole(atRest), peak: whole(peak) },
    ...(typeof cpu === "string" && sentence(cpu) && { node: { cpu: sentence(cpu)! } }),
  };
}

function requestCount(said: Record<string, unknown>): RequestCount | undefined {
  const [requests, uptimeSeconds] = [whole(said["requests"]), positive(said["uptimeSeconds"])];
  if (requests === undefined || uptimeSeconds === undefined) return undefined;
  return { requests, uptimeSeconds };
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function whole(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? positive(value) : undefined;
}

/** One line of the answer: its `error`, or the text itself. */
export function sentence(body: string): string | undefined {
  const { error } = fields(body);
  const words = typeof error === "string" ? error : body;
  const [line = ""] = words.trim().split(/[\r\n]/);
  return line.slice(0, 300) || undefined;
}

function fields(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Undefined unless every one is well formed, and no two have the same name. */
function tensors(value: unknown): Tensor[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value.flatMap((item: unknown) => tensor(item) ?? []);
  const names = new Set(list.map(({ name }) => name));
  return names.size === value.length ? list : undefined;
}

function tensor(value: unknown): Tensor | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, datatype, shape } = value as Record<string, unknown>;
  if (typeof name !== "string" || typeof datatype !== "string") return undefined;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size))) return undefined;
  return { name, datatype, shape: shape as number[] };
}
