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

/** Milliseconds for a request that is of no use when it comes late. */
const urgentTimeout = 5_000;

/**
 * Requests that are patient with the server: limited in rate, and repeated when it was too busy.
 * What was refused waits as long as the server says; the others only go slower.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #closing = new AbortController();

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /**
   * The JSON of the answer.
   *
   * @throws ApiError when the server refuses, ConnectionError without an answer, FencedError when
   *   this process may not write
   */
  async json<T>(request: Request): Promise<T> {
    const { timeout } = this.#options;
    const limit = request.urgent ? Math.min(timeout, urgentTimeout) : timeout;
    const call = () => ({
      ...request,
      headersTimeout: limit,
      bodyTimeout: limit,
      // The limit for the whole, where the body comes in drops.
      signal: anyOf(request.signal, AbortSignal.timeout(limit)),
    });
    try {
      const { body } = await this.#answer(request, call);
      return JSON.parse(await body.text()) as T;
    } catch (error) {
      throw named(request, error);
    }
  }

  /**
   * The answer as it comes in; aborting the signal ends it.
   *
   * @param inactivity milliseconds without a byte after which the connection counts as dead
   * @throws ApiError when the server refuses, ConnectionError when the connection is lost
   */
  async *stream(request: Request, inactivity: number): AsyncGenerator<Buffer> {
    try {
      const { timeout } = this.#options;
      const call = () => ({ ...request, headersTimeout: timeout, bodyTimeout: inactivity });
      const { body } = await this.#answer(request, call);
      yield* body as AsyncIterable<Buffer>;
    } catch (error) {
      if (!request.signal?.aborted) throw named(request, error);
    }
  }

  /** Breaks off the requests under way and closes the connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#options.connection.close();
  }

  /** A 2xx answer to a call that is made again for each repetition. */
  async #answer(request: Request, call: () => Call): Promise<Dispatcher.ResponseData> {
    const { connection, limiter, clock, onAnswer } = this.#options;
    const { attempt, urgent, priority = "normal" } = request;
    const signal = anyOf(request.signal, this.#closing.signal);
    for (let repeats = 0; ; repeats += 1) {
      if (!urgent) await limiter.turn(priority, signal);
      const response = await connection.request({ ...call(), beforeSending: this.#fence(request) });
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

  /** Another process may lead since this one was frozen or waited for its turn. */
  #fence({ attempt, method, urgent }: Request): (() => void) | undefined {
    if (method === "GET" || urgent) return undefined;
    return () => {
      if (!this.#options.mayWrite()) throw new FencedError(attempt);
    };
  }
}

function named({ attempt }: Request, error: unknown): Error {
  const isNamed = error instanceof ApiError || error instanceof FencedError;
  return isNamed ? error : new ConnectionError(attempt, error);
}

function anyOf(...signals: (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
