import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a request for the file in one way. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** A server of files that is told how to misbehave. */
export interface FileServer {
  url: string;
  /** The headers of each request so far. */
  requests: IncomingHttpHeaders[];
  close: () => void;
}

/** Starts a server; each request is answered in the next way, and all further ones in the last. */
export async function fileServer(...behaviours: Behaviour[]): Promise<FileServer> {
  const requests: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    const behave = behaviours[Math.min(requests.length, behaviours.length - 1)];
    requests.push(request.headers);
    behave?.(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/model.onnx`,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** How a file is served. */
export interface Serving {
  etag?: string | undefined;
  lastModified?: string;
  /** Ends the connection after so many bytes of an answer. */
  breakAfter?: number;
  /** Knows parts of files, as most servers do. */
  ranges?: boolean;
}

/** Serves a file as a good server does, but for what is said. */
export function serves(file: Buffer, options: Serving = {}): Behaviour {
  const { etag = '"1"', lastModified, breakAfter, ranges = true } = options;
  return ({ headers }, response) => {
    const validators = {
      ...("etag" in options && options.etag === undefined ? {} : { ETag: etag }),
      ...(lastModified && { "Last-Modified": lastModified }),
    };
    const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
    const known = [etag, lastModified].includes(String(headers["if-range"]));
    const from = ranges && start !== undefined && known ? Number(start) : 0;
    if (start !== undefined && from >= file.length) {
      response.writeHead(416, { "Content-Range": `bytes */${file.length}` }).end();
      return;
    }
    const part = file.subarray(from);
    const range = { "Content-Range": `bytes ${from}-${file.length - 1}/${file.length}` };
    response.writeHead(from > 0 ? 206 : 200, {
      ...validators,
      "Content-Length": part.length,
      ...(from > 0 && range),
    });
    if (breakAfter === undefined) response.end(part);
    else response.write(part.subarray(0, breakAfter), () => setImmediate(() => response.destroy()));
  };
}

/** Answers with a status, and with headers. */
export function answers(status: number, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) => void response.writeHead(status, headers).end();
}
