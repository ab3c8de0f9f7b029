import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Probes and metrics over HTTP. */
export interface OpsServer {
  /** Where it listens. */
  readonly port: number;
  close(): Promise<void>;
}

/** What the answers are made of. */
export interface OpsOptions {
  /** 0 takes any free port. */
  port: number;
  isReady: () => boolean;
  metrics: () => Promise<string>;
  metricsType: string;
}

/** Listens for `/livez`, `/readyz` and `/metrics`. */
export async function listen(options: OpsOptions): Promise<OpsServer> {
  const { port, isReady, metrics, metricsType } = options;
  const server = createServer((request, response) => {
    const [path] = (request.url ?? "").split("?");
    if (path === "/livez") text(response, 200, "ok");
    else if (path === "/readyz")
      text(response, isReady() ? 200 : 503, isReady() ? "ok" : "starting");
    else if (path === "/metrics") void scrape(response);
    else text(response, 404, "there are /livez, /readyz and /metrics");
  });

  async function scrape(response: ServerResponse): Promise<void> {
    try {
      const figures = await metrics();
      response.writeHead(200, { "content-type": metricsType }).end(figures);
    } catch (error) {
      text(response, 500, String(error));
    }
  }

  server.listen(port);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${body}\n`);
}
