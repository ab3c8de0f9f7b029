import type { Dispatcher } from "undici";
import { sleep, type Clock } from "./clock.ts";
import type { Call, Connection } from "./connection.ts";
import { ApiError, ConnectionError, FencedError, refusal } from "./errors.ts";
import type { Limiter, Priority } from "./limiter.ts";

/** A request, and what for. */
export interface Request extends Pick<Call, "method" | "path" | "contentType" | "body"> {
  /** What is tried on which object, for error messages. */
  attempt: string;
  /** Neither waits for its turn nor is repeated, and is given up after five seconds. */
  urgent?: boolean;
  /** Low for what gives way to everything else; normal unless said. */
  priority?: Priority;
  signal?: AbortSignal | undefined;
}

/**
 * Requests that are patient with the server: limited in rate, and repeated when it was too busy.
 * What was refused waits as long as the server says; the others only go slower.
 */
export interface Transport {
  /** The JSON of the answer. */
  json<T>(request: Request): Promise<T>;
  /** The answer as it comes in; it fails after so many milliseconds without a byte. */
  stream(request: Request, inactivity: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** What requests go over, and by which rules. */
export interface TransportOptions {
  connection: Connection;
  limiter: Limiter;
  clock: Clock;
  /** Milliseconds that one request may take. */
  timeout: number;
  /** Whether this process may write at this moment; urgent requests may always. */
  mayWrite: () => boolean;
  /** Told of every answer. */
  onAnswer: (request: Request, status: number) => void;
}

const maxRepeats = 3;

/** Rejects with an ApiError when the server refuses, with a ConnectionError without an answer. */
export function createTransport(options: TransportOptions): Transport {
  const { connection, limiter, clock, timeout, mayWrite, onAnswer } = options;
  const closing = new AbortController();

  /** A 2xx answer to a call that is made anew for each repetition. */
  async function answer(request: Request, call: () => Call): Promise<Dispatcher.ResponseData> {
    const { attempt, urgent, priority = "normal" } = request;
    const signal = anyOf(request.signal, closing.signal);
    for (let repeats = 0; ; repeats += 1) {
      if (!urgent) await limiter.turn(priority, signal);
      const response = await connection.request({ ...call(), beforeSending: fence(request) });
      const { statusCode: status, headers, body } = response;
      onAnswer(request, status);
      if (status < 300) return response;
      const error = refusal(attempt, { status, headers, text: await body.text() });
      if (error.retryAfter === undefined) throw error;
      limiter.slowDown();
      if (urgent || repeats === maxRepeats) throw error;
      await sleep(clock, error.retryAfter * 1000, signal);
    }
  }

  /** Somebody else may lead since this process was frozen or waited for its turn. */
  function fence({ attempt, method, urgent }: Request): (() => void) | undefined {
    if (method === "GET" || urgent) return undefined;
    return () => {
      if (!mayWrite()) throw new FencedError(attempt);
    };
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
  const isNamed = error instanceof ApiError || error instanceof FencedError;
  return isNamed ? error : new ConnectionError(attempt, error);
}

function anyOf(...signals: (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
