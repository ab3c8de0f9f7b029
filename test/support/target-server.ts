import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";

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

async function target(counted: RegExp, answer: Answer, other: RequestListener): Promise<Target> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    if (!counted.test(request.url ?? "")) return other(request, response);
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
