import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A request as it came. */
export interface Received {
  method: string;
  path: string;
  body: Buffer;
}

/** As much of GitLab's API as a release needs. */
export interface FakeGitLab {
  url: string;
  received: Received[];
  close: () => void;
}

/** Starts an API that takes what the right token is with, and refuses the rest. */
export async function startGitLab(token: string): Promise<FakeGitLab> {
  const received: Received[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const given = request.headers["job-token"] as string | undefined;
    const body = await buffer(request);
    received.push({ method: request.method ?? "", path: request.url ?? "", body });
    response.writeHead(given === token ? 201 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify({ message: given === token ? "201 Created" : "401 Unauthorized" }));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/api/v4`, received, close };
}
