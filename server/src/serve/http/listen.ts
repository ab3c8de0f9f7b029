import { readFileSync } from "node:fs";
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Connections, type Connection } from "./connections.ts";

/** How an HTTP server is set up. */
export interface ListenOptions {
  /** 0 takes any free port. */
  port: number;
  /** Bytes that a request's head may have. */
  maxHeaderSize?: number;
  limits?: Partial<Limits>;
}

/** What one client may take from the others; times in milliseconds. */
export interface Limits {
  /** Until a request's head has to be there. */
  head: number;
  /** Until a request has to be there with its body. */
  request: number;
  /** How long a client may leave its answer unread. */
  stall: number;
  /** How long a connection may be idle after an answer. */
  keepAlive: number;
  /** How long what a refused client sends is still received, so that it reads the refusal. */
  linger: number;
  /** Connections at a time. */
  connections: number;
  /** Requests that one connection may have unanswered. */
  pipelined: number;
}

/** Answers a request; never rejects. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server that listens. */
export interface Listener {
  port: number;
  /** Stops accepting connections and resolves when every request was answered. */
  close: () => Promise<void>;
}

/** Files that the process needs beside its connections. */
const otherFiles = 200;

/** The limits of a server that nothing else was said to. */
const usualLimits = (): Limits => ({
  head: 30_000,
  request: 60_000,
  stall: 60_000,
  // Longer than clients and proxies keep a connection (Go 90 s, the longest load balancer
  // 600 s), so that it is never closed while one of them sends a request.
  keepAlive: 620_000,
  linger: 1000,
  // Of 10 to 20 KiB each, when they are idle.
  connections: Math.min(16_384, Math.max(16, openFiles() - otherFiles)),
  pipelined: 64,
});

/** Starts an HTTP server; resolves when it listens. */
export async function listen(handler: Handler, options: ListenOptions): Promise<Listener> {
  const { port, maxHeaderSize = 16_384 } = options;
  const limits = { ...usualLimits(), ...options.limits };
  const server = createServer({
    maxHeaderSize,
    headersTimeout: limits.head,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: Math.min(limits.head, 5000),
  });
  const connections = new Connections(limits.connections);

  server.on("connection", (socket) => {
    if (connections.add(socket)) return;
    refuse(socket, refusals.connections, 0);
  });
  server.on("request", (request, response) => {
    const unanswered = connections.begin(request.socket, response);
    if (unanswered > limits.pipelined) answer(response, refusals.pipelined);
    else void handler(request, response);
  });
  server.on("checkExpectation", (_, response) => answer(response, refusals.expectation));
  server.on("connect", (_, socket) => refuse(socket, refusals.connect, limits.linger));
  server.on("clientError", (error: ParseError, socket: Socket) => {
    if (error.code === "ECONNRESET" || owesAnswers(connections.get(socket))) socket.destroy();
    else if (socket.writable) refuse(socket, refusalOf(error, limits), limits.linger);
  });
  server.setTimeout(limits.stall, (socket: Socket) => {
    const isWaiting = (connections.get(socket)?.unanswered ?? 0) > 0;
    // A client that waits for its answer is silent as well.
    if (!isWaiting || socket.writableLength > 0) socket.destroy();
  });

  const close = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    // After what has arrived was read: until then a connection that brings a request looks idle.
    setImmediate(() => server.close(() => resolve()));
    // Node calls a connection idle only when it has brought a request already. One without a
    // request gets a second to send it.
    let quiet = 0;
    const sweep = () => {
      server.closeIdleConnections();
      quiet = connections.areBusy ? 0 : quiet + 1;
      if (quiet > 10) server.closeAllConnections();
    };
    const timer = setInterval(() => setImmediate(sweep), 100);
    await promise;
    clearInterval(timer);
  };

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", ({ message }) => {
    reject(new Error(`Could not listen on port ${port}: ${message}; choose another port`));
  });
  // As many may wait to be accepted as the kernel lets, while the model computes.
  server.listen({ port, backlog: 4096 }, resolve);
  await promise;
  return { port: (server.address() as AddressInfo).port, close };
}

/** Files that this process may have open; Node has raised the limit as far as it may. */
function openFiles(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

/** What Node says about bytes that it could not read as a request. */
interface ParseError extends NodeJS.ErrnoException {
  /** From a fixed set; nothing that the client sent. */
  reason?: string;
}

/** Whether a refusal of the last bytes would be taken as the answer to a request before them. */
function owesAnswers(connection: Connection | undefined): boolean {
  const { unanswered = 0, latest } = connection ?? {};
  return unanswered > 1 || (latest !== undefined && (latest.req.complete || latest.headersSent));
}

interface Refusal {
  status: number;
  error: string;
}

function refusalOf({ code, reason }: ParseError, limits: Limits): Refusal {
  if (code === "HPE_HEADER_OVERFLOW") return refusals.head;
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return refusals.chunk;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    const [head, request] = [limits.head / 1000, limits.request / 1000];
    const error = `The request was not complete in time; send its head within ${head} seconds and all of it within ${request}`;
    return { status: 408, error };
  }
  const error = `This is not an HTTP/1.1 request${reason ? `: ${reason}` : ""}`;
  return { status: 400, error };
}

const refusals = {
  head: {
    status: 431,
    error:
      "The address or the header fields are too long, or too many; send long inputs in a POST request",
  },
  chunk: {
    status: 413,
    error: "The body's chunks have too long extensions; leave them out",
  },
  expectation: {
    status: 417,
    error: "The only supported expectation is 100-continue; leave out the header Expect",
  },
  connect: { status: 405, error: "This server is not a proxy; use GET or POST" },
  pipelined: {
    status: 503,
    error: "Too many requests wait on this connection; send the next one after an answer",
  },
  connections: {
    status: 503,
    error: "Too many connections are in use; try again later",
  },
} satisfies Record<string, Refusal>;

/** Answers a request that no handler shall see. */
function answer(response: ServerResponse, { status, error }: Refusal): void {
  const body = JSON.stringify({ error });
  response.writeHead(status, headers(status, body)).end(body);
}

/** Answers where there is no request, and hangs up. */
function refuse(socket: Duplex, { status, error }: Refusal, linger: number): void {
  const body = JSON.stringify({ error });
  const lines = Object.entries(headers(status, body)).map((header) => header.join(": "));
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join("\r\n");
  socket.on("error", () => {}).end(`${head}\r\n\r\n${body}`);
  // Neither without a limit, nor at once: closing what has unread bytes takes the answer back.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), linger);
  socket.once("close", () => clearTimeout(timer));
}

const headers = (status: number, body: string): Record<string, string | number> => ({
  "Content-Type": "application/json",
  "Content-Length": Buffer.byteLength(body),
  Connection: "close",
  ...(status === 503 && { "Retry-After": 1 }),
});
