import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import * as v from "valibot";
import {
  captureStatus,
  modelStatus,
  notReady,
  trafficStatus,
} from "../../../server/src/contract/ops-schemas.ts";
import { opsPaths } from "../../../server/src/contract/ops.ts";
import { ports } from "../../../server/src/contract/ports.ts";
import { shortText } from "../../../server/src/contract/problem.ts";
import { readJson } from "../../../server/src/contract/read-json.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import type { CaptureReport } from "../state/capture-report.ts";
import type { ModelDescription } from "../state/observed.ts";
import type { RequestCount } from "../state/traffic.ts";

/** Asks a model server, on its ops port, what only it knows. */
export interface Introspection {
  /** What it says about the model it has loaded; undefined when it does not say. */
  model(podIP: string): Promise<ModelDescription | undefined>;
  /** Why it is not ready; undefined when it is, or does not say. */
  unready(podIP: string): Promise<Problem | undefined>;
  /** How it stands with the database of spec.capture; undefined when it does not say. */
  capture(podIP: string): Promise<CaptureReport | undefined>;
  /** How many requests it has answered; undefined when it does not say. */
  traffic(podIP: string): Promise<RequestCount | undefined>;
}

/** How to ask. */
export interface ServerClientOptions {
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
export class ServerClient implements Introspection {
  readonly #port: number;
  readonly #timeout: number;

  constructor({ port = ports.ops, timeout = 2_000 }: ServerClientOptions = {}) {
    this.#port = port;
    this.#timeout = timeout;
  }

  async model(podIP: string): Promise<ModelDescription | undefined> {
    const answer = await this.#ask(podIP, opsPaths.model);
    return answer?.status === 200 ? readJson(modelStatus, answer.body) : undefined;
  }

  async unready(podIP: string): Promise<Problem | undefined> {
    const answer = await this.#ask(podIP, opsPaths.ready);
    return answer && answer.status >= 400 ? problemOf(answer.body) : undefined;
  }

  async capture(podIP: string): Promise<CaptureReport | undefined> {
    const answer = await this.#ask(podIP, opsPaths.capture);
    if (answer?.status === 404) return { state: "Off", annotators: [] };
    return answer?.status === 200 ? readJson(captureStatus, answer.body) : undefined;
  }

  async traffic(podIP: string): Promise<RequestCount | undefined> {
    const answer = await this.#ask(podIP, opsPaths.traffic);
    return answer?.status === 200 ? readJson(trafficStatus, answer.body) : undefined;
  }

  async #ask(podIP: string, path: string): Promise<Answer | undefined> {
    const signal = AbortSignal.timeout(this.#timeout);
    try {
      const request = get({ host: podIP, port: this.#port, path, signal, agent: false });
      // One that breaks off in mid-answer shows in the answer.
      request.on("error", () => {});
      const [response] = (await once(request, "response")) as [IncomingMessage];
      return { status: response.statusCode ?? 0, body: await text(response) };
    } catch {
      // It cannot be reached, which the status shows by what it leaves out.
      return undefined;
    }
  }
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

/** Why a server is not ready; servers of older releases say it as text. */
function problemOf(body: string): Problem | undefined {
  const { success, output: message } = v.safeParse(shortText, body);
  return readJson(notReady, body) ?? (success ? { reason: reasons.NotReady, message } : undefined);
}
