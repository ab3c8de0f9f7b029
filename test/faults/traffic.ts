import { Agent, request, type IncomingMessage, type RequestOptions } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

/** Steady traffic to a model, at a constant rate whatever becomes of the requests. */
export interface Traffic {
  /**
   * To be called in the same turn as a server is killed: from now on a request may find that its
   * connection was closed or refused before it got to a server, and then it is sent once more.
   *
   * @returns how many requests are waiting for their answer
   */
  serverKilled(): number;
  /** Goes on until so many requests were sent, and tells what became of all. */
  ended(least: number): Promise<Outcome>;
}

/** What became of the requests. */
export interface Outcome {
  sent: number;
  /** Requests without the right answer, the lost ones not among them. */
  failures: number;
  /** Requests that were waiting for their answer when a server was killed, and got none. */
  lost: number;
  /** Times that a request was sent once more. */
  resent: number;
  /** Milliseconds that the slowest answer took. */
  slowest: number;
  /** What happened to the failed and lost ones, in which second, and how often. */
  reasons: Record<string, number>;
}

/** Whom to ask, and how often. */
export interface TrafficOptions {
  /** Base address of the Service. */
  url: string;
  model: string;
  /** Requests per second. */
  rate: number;
  /** Milliseconds that an answer may take, 30,000 unless said. */
  timeout?: number;
}

/** Milliseconds of requests that are made up for when this process was held up; the rest is never sent. */
const arrears = 200;

/** Between the end of a connection and the next one. */
const resendPause = 20;

/** One of the ways in which a model is asked. */
type Question = RequestOptions & { body?: string; isAnswer: (answer: unknown) => boolean };

/**
 * Starts traffic: intents and inference by turns, half of it over connections that are kept and
 * half over new ones. No failed request is repeated.
 */
export function startTraffic(options: TrafficOptions): Traffic {
  const { url, rate, timeout = 30_000 } = options;
  const outcome: Outcome = { sent: 0, failures: 0, lost: 0, resent: 0, slowest: 0, reasons: {} };
  const kept = new Agent({ keepAlive: true });
  const ways = questions(options).flatMap((question) => [
    { ...question, agent: kept },
    { ...question, agent: false as const },
  ]);
  const waiting = new Set<{ precedesKill: boolean }>();
  let wasKilled = false;
  const began = performance.now();
  let due = began;

  async function one(way: Question): Promise<void> {
    const started = performance.now();
    const own = { precedesKill: false };
    waiting.add(own);
    try {
      await answered(way, own);
      outcome.slowest = Math.max(outcome.slowest, performance.now() - started);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      const reason = `second ${Math.floor((started - began) / 1000)}: ${words}`;
      outcome.reasons[reason] = (outcome.reasons[reason] ?? 0) + 1;
      if (own.precedesKill) outcome.lost += 1;
      else outcome.failures += 1;
    } finally {
      waiting.delete(own);
    }
  }

  async function answered(way: Question, own: { precedesKill: boolean }): Promise<void> {
    const end = performance.now() + timeout;
    for (;;) {
      try {
        return await asked(url, way, timeout);
      } catch (error) {
        const again = wasKilled && !own.precedesKill && isConnectionEnd(error);
        if (!again || performance.now() > end) throw error;
        outcome.resent += 1;
        await pause(resendPause);
      }
    }
  }

  const timer = setInterval(() => {
    const now = performance.now();
    due = Math.max(due, now - arrears);
    for (; due <= now; due += 1000 / rate) {
      void one(ways[outcome.sent % ways.length]!);
      outcome.sent += 1;
    }
  }, 2);

  return {
    serverKilled() {
      wasKilled = true;
      for (const own of waiting) own.precedesKill = true;
      return waiting.size;
    },
    async ended(least) {
      while (outcome.sent < least) await pause(10);
      clearInterval(timer);
      while (waiting.size > 0) await pause(10);
      kept.destroy();
      return outcome;
    },
  };
}

function questions({ model }: TrafficOptions): Question[] {
  const sentence = "Trouve-moi un restaurant ouvert ce soir";
  const tensor = { name: "sentence", datatype: "BYTES", shape: [1], data: [sentence] };
  return [
    { path: `/api/intent?sentence=${encodeURIComponent(sentence)}`, isAnswer: areIntents },
    {
      method: "POST",
      path: `/v2/models/${model}/infer`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs: [tensor] }),
      isAnswer: areOutputs,
    },
  ];
}

function areIntents(answer: unknown): boolean {
  const probabilities = (answer as { probability: number }[]).map(({ probability }) => probability);
  const sum = probabilities.reduce((total, probability) => total + probability, 0);
  return probabilities.length > 1 && Math.abs(sum - 1) < 0.01;
}

function areOutputs(answer: unknown): boolean {
  const { outputs } = answer as { outputs?: { name: string; data: unknown[] }[] };
  const label = outputs?.find(({ name }) => name === "label")?.data[0];
  return label === "find-restaurant";
}

/** Resolves with the right answer; rejects with what came instead. */
async function asked(url: string, question: Question, timeout: number): Promise<void> {
  const { body, isAnswer, ...options } = question;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const asking = request(new URL(options.path ?? "/", url), {
    ...options,
    signal: AbortSignal.timeout(timeout),
  });
  asking.on("error", reject);
  asking.on("response", (response) => {
    read(response, isAnswer).then(resolve, reject);
  });
  asking.end(body);
  return promise;
}

async function read(response: IncomingMessage, isAnswer: Question["isAnswer"]): Promise<void> {
  const answer = await text(response);
  const quoted = answer.slice(0, 100);
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${quoted}`);
  if (!isAnswer(JSON.parse(answer))) throw new Error(`a wrong answer: ${quoted}`);
}

/** The connection was refused or has ended, so that no server has an answer for this request. */
function isConnectionEnd(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code !== undefined && ["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(code);
}
