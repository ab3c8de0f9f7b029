import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the answers are made of. */
export interface OpsOptions {
  /** 0 takes any free port. */
  port: number;
  isReady: () => boolean;
  metrics: () => Promise<string>;
  metricsType: string;
}

/** Probes and metrics over HTTP: `/livez`, `/readyz` and `/metrics`. */
export class OpsServer {
  readonly #options: OpsOptions;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  constructor(options: OpsOptions) {
    this.#options = options;
  }

  /** A server that listens. */
  static async listen(options: OpsOptions): Promise<OpsServer> {
    const ops = new OpsServer(options);
    ops.#server.listen(options.port);
    await once(ops.#server, "listening");
    return ops;
  }

  /** The port at which it listens. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends it, with all connections. */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer({ url = "" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path] = url.split("?");
    const isReady = this.#options.isReady();
    if (path === "/livez") text(response, 200, "ok");
    else if (path === "/readyz") text(response, isReady ? 200 : 503, isReady ? "ok" : "starting");
    else if (path === "/metrics") await this.#scrape(response);
    else text(response, 404, "there are /livez, /readyz and /metrics");
  }

  async #scrape(response: ServerResponse): Promise<void> {
    const { metrics, metricsType } = this.#options;
    try {
      const body = await metrics();
      response.writeHead(200, { "content-type": metricsType }).end(body);
    } catch (error) {
      text(response, 500, String(error));
    }
  }
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${body}\n`);
}
