import type { Dispatcher } from "undici";
import { sleep, type Clock } from "./clock.ts";
import type { Call, Connection } from "./connection.ts";
import { ApiError, ConnectionError, refusal } from "./errors.ts";
import type { Limiter } from "./limiter.ts";

/** A request, and what for. */
export interface Request extends Pick<Call, "method" | "path" | "contentType" | "body"> {
  /** What is tried on which object, for error messages. */
  attempt: string;
  /** Neither waits for its turn nor is repeated, and is given up after five seconds. */
  urgent?: boolean;
  signal?: AbortSignal | undefined;
}

/** Requests that are patient with the server: limited in rate, repeated when it was too busy. */
export interface Transport {
  /** The JSON of the answer. */
  json<T>(request: Request): Promise<T>;
  /** The answer as it comes in; it fails after so many milliseconds without a byte. */
  stream(request: Request, inactivity: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

interface Patience {
  connection: Connection;
  limiter: Limiter;
  clock: Clock;
  /** Milliseconds that one request may take. */
  timeout: number;
}

const maxRepeats = 3;

/** Rejects with an ApiError when the server refuses, with a ConnectionError without an answer. */
export function createTransport({ connection, limiter, clock, timeout }: Patience): Transport {
  const closing = new AbortController();

  async function turn(signal: AbortSignal | undefined): Promise<void> {
    const wait = limiter.reserve();
    if (wait > 0) await sleep(clock, wait, anyOf(signal, closing.signal));
  }

  /** A 2xx answer to a call that is made anew for each repetition. */
  async function answer(request: Request, call: () => Call): Promise<Dispatcher.ResponseData> {
    for (let repeats = 0; ; repeats += 1) {
      if (!request.urgent) await turn(request.signal);
      const response = await connection.request(call());
      const { statusCode: status, headers, body } = response;
      if (status < 300) return response;
      const error = refusal(request.attempt, { status, headers, text: await body.text() });
      if (error.retryAfter === undefined || request.urgent || repeats === maxRepeats) throw error;
      limiter.hold(error.retryAfter * 1000);
    }
  }

  return {
    async json<T>(request: Request) {
      const limit = request.urgent ? Math.min(timeout, 5_000) : timeout;
      const call = () => ({
        ...request,
        headersTimeout: limit,
        bodyTimeout: limit,
        // The limit for the whole, where the body comes in drops.
        signal: anyOf(request.signal, AbortSignal.timeout(limit)),
      });
      try {
        const { body } = await answer(request, call);
        return JSON.parse(await body.text()) as T;
      } catch (error) {
        throw named(request, error);
      }
    },
    async *stream(request, inactivity) {
      try {
        const call = () => ({ ...request, headersTimeout: timeout, bodyTimeout: inactivity });
        const { body } = await answer(request, call);
        yield* body;
      } catch (error) {
        if (!request.signal?.aborted) throw named(request, error);
      }
    },
    async close() {
      closing.abort();
      await connection.close();
    },
  };
}

function named({ attempt }: Request, error: unknown): Error {
  return error instanceof ApiError ? error : new ConnectionError(attempt, error);
}

function anyOf(...signals: (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
