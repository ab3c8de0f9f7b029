import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Load, Measurement, Plan } from "../../benchmarks/contract.ts";
import { toolPath } from "../cluster/programs/tools.ts";

/** How a run of k6 ended. */
export interface Outcome {
  code: number | null;
  output: string;
  /** What is in the place of the termination message; empty when nothing was written. */
  message: string;
}

/**
 * Runs a plan as the image does.
 *
 * @param stopAt words in the output at which it gets a SIGTERM
 */
export async function k6(environment: Record<string, string>, stopAt?: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-benchmark-"));
  const path = join(folder, "termination-log");
  const child = spawn("sh", ["benchmarks/scenarios/run.sh"], {
    env: {
      PATH: toolPath(),
      HOME: folder,
      TMPDIR: folder,
      K6_NO_USAGE_REPORT: "true",
      MEASUREMENT_PATH: path,
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (stopAt !== undefined && text.includes(stopAt)) child.kill("SIGTERM");
    });
  }
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", (cause) => reject(new Error("Could not start k6", { cause })));
      child.on("close", resolve);
    });
    return { code, output, message: content(path) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a plan to its end and gives the measurement, which must fit a termination message. */
export async function measured(
  url: string,
  duration: number,
  load: Load,
  more: Partial<Plan> = {},
  environment: Record<string, string> = {},
): Promise<Measurement> {
  const plan: Plan = { url, model: "a-model", duration, load, ...more };
  const { code, output, message } = await k6({ PLAN: JSON.stringify(plan), ...environment });
  assert.is(code, 0, output);
  assert.ok(Buffer.byteLength(message) <= 4096);
  return JSON.parse(message) as Measurement;
}

/** A server on the loopback that knows what it was asked. */
export interface Target {
  url: string;
  /** Requests other than the questions that come before the load. */
  requests: IncomingMessage[];
  connections: number;
  close(): Promise<void>;
}

/** Answers a question; the first one has number 1. */
export type Answer = (number: number, ...exchange: Parameters<RequestListener>) => void;

/** What an intent classifier answers when all is well. */
export const good =
  '[{"intent":"purchase","probability":0.9},{"intent":"irrelevant","probability":0.1}]';

/** Serves like an intent classifier, with answers of the test's own. */
export function intentServer(
  answer: Answer,
  languages: RequestListener = (_request, response) => response.end('["fr-FR"]'),
): Promise<Target> {
  return target(/^\/api\/intent\?/, answer, languages);
}

/** Serves like any other model, with the metadata and answers of the test. */
export function inferenceServer(metadata: object, answer: Answer): Promise<Target> {
  return target(/\/infer$/, answer, ({ url }, response) => {
    if (url === "/v2/models/a-model") response.end(JSON.stringify(metadata));
    else response.writeHead(404).end();
  });
}

async function target(measured: RegExp, answer: Answer, other: RequestListener): Promise<Target> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    if (!measured.test(request.url ?? "")) return other(request, response);
    requests.push(request);
    sockets.add(request.socket);
    answer(requests.length, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return sockets.size;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function content(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
