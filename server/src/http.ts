import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** How an HTTP server is set up. */
export interface ListenOptions {
  /** 0 takes any free port. */
  port: number;
  /** Bytes that a request's head may have. */
  maxHeaderSize?: number;
}

/** Answers a request; never rejects. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server that listens. */
export interface Listener {
  port: number;
  /** Stops accepting connections and resolves when every request was answered. */
  close: () => Promise<void>;
}

/** Starts an HTTP server; resolves when it listens. */
export async function listen(
  handler: Handler,
  { port, maxHeaderSize = 16_384 }: ListenOptions,
): Promise<Listener> {
  const server = createServer({
    maxHeaderSize,
    // Longer than clients and proxies keep a connection (Go 90 s, the longest load balancer
    // 600 s), so that it is never closed while one of them sends a request.
    keepAliveTimeout: 620_000,
    headersTimeout: 30_000,
    requestTimeout: 60_000,
  });
  let open = 0;
  server.on("request", (request, response) => {
    open += 1;
    response.once("close", () => (open -= 1));
    void handler(request, response);
  });
  server.on("clientError", refuse);

  const close = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    // Node calls a connection idle only when it has brought a request already. One without a
    // request gets a second to send it.
    let quiet = 0;
    const timer = setInterval(() => {
      server.closeIdleConnections();
      quiet = open === 0 ? quiet + 1 : 0;
      if (quiet > 10) server.closeAllConnections();
    }, 100);
    await promise;
    clearInterval(timer);
  };

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", ({ message }) => {
    reject(new Error(`Could not listen on port ${port}: ${message}; choose another port`));
  });
  server.listen(port, resolve);
  await promise;
  return { port: (server.address() as AddressInfo).port, close };
}

/** Answers what Node could not read as a request. */
function refuse({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const { status, error } = refusals[code ?? ""] ?? notHttp;
  const body = JSON.stringify({ error });
  const head = [
    `HTTP/1.1 ${status}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

const notHttp = { status: "400 Bad Request", error: "This is not an HTTP/1.1 request" };

const refusals: Record<string, typeof notHttp> = {
  HPE_HEADER_OVERFLOW: {
    status: "431 Request Header Fields Too Large",
    error: "The address or the header fields are too long; send long inputs in a POST request",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: "408 Request Timeout",
    error: "The request was not complete after 60 seconds; send it again",
  },
};
