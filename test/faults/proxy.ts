import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";

/** A request on its way to the API server. */
export interface Passage {
  verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  /** Plural, with its subresource: `deployments`, `modeldeployments/status`. */
  resource: string;
  /** Empty for a collection. */
  name: string;
  body: string;
  /** When it came, by `performance.now()`. */
  at: number;
  /** What the operator was told; undefined while, or because, it got no answer. */
  status?: number;
}

/** What becomes of a request, or of its answer: the connection is cut, or a refusal is the answer. */
export type Fate = "lost" | Refusal;

/** An answer that the API server did not give. */
export interface Refusal {
  status: number;
  reason: string;
  /** Seconds. */
  retryAfter?: number;
}

/** Called for each request; what is not a fate lets it pass, after whatever was waited for. */
export type Interference = (passage: Passage) => Fate | void | Promise<Fate | void>;

/** Where the requests go. */
export interface Upstream {
  /** Address of the API server. */
  url: string;
  /** Its authority's certificate, where it speaks TLS. */
  ca?: string;
}

/**
 * Stands between an operator and the API server, sees each request, and can do to it whatever a
 * network or an API server does on a bad day.
 */
export class FaultProxy {
  /** All requests so far, the oldest first. */
  readonly passages: Passage[] = [];
  /** Before a request reaches the API server. */
  before: Interference = () => undefined;
  /** After the API server has answered, before the operator knows. */
  after: Interference = () => undefined;
  #server = createServer((request, response) => void this.#handle(request, response));
  #agent: http.Agent;
  #upstream: Upstream;
  #watches = new Set<Watch>();

  private constructor(upstream: Upstream) {
    this.#upstream = upstream;
    this.#agent = isSecure(upstream)
      ? new https.Agent({ keepAlive: true, ca: upstream.ca })
      : new http.Agent({ keepAlive: true });
  }

  /** A proxy that listens already, on a port of its own. */
  static async start(upstream: Upstream): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** A kubeconfig that leads through this proxy. */
  config(token: string): KubeConfig {
    const { port } = this.#server.address() as AddressInfo;
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      // client-node refuses plain HTTP without skipTLSVerify.
      { name: "faults", server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: "operator", token },
    );
    return config;
  }

  /** The requests that change something; those for a Lease change nothing that anybody sees. */
  get effects(): Passage[] {
    return this.passages.filter(isEffect);
  }

  /** How many watches are open. */
  get watches(): number {
    return this.#watches.size;
  }

  /** Cuts the connections of all open watches. */
  cutWatches(): void {
    for (const { response } of this.#watches) response.destroy();
  }

  /** The open watches stay open, and nothing comes any more; new ones are well. */
  muteWatches(): void {
    for (const watch of this.#watches) watch.isMute = true;
  }

  /** Nothing goes wrong any more; what is mute stays so. */
  heal(): void {
    this.before = () => undefined;
    this.after = () => undefined;
  }

  /** The end; nothing keeps the process alive afterwards. */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, "close");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // An operator that has ended mid-request is part of the game.
    response.on("error", () => undefined);
    try {
      const body = await buffer(request);
      const passage = understand(request, body.toString());
      this.passages.push(passage);
      if (suffered(response, passage, await this.before(passage))) return;
      const answer = await this.#forward(request, body, response);
      passage.status = answer.statusCode ?? 0;
      if (passage.verb === "watch" && passage.status === 200) this.#follow(answer, response);
      else await this.#answer(passage, answer, response);
    } catch {
      // The API server is not there, or went away: then this is not there either.
      response.destroy();
    }
  }

  #forward(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ): Promise<IncomingMessage> {
    const { host: _, ...others } = headers;
    const { request } = isSecure(this.#upstream) ? https : http;
    const options = { method, headers: others, agent: this.#agent };
    const forwarded = request(new URL(url ?? "/", this.#upstream.url), options);
    response.on("close", () => response.writableFinished || forwarded.destroy());
    forwarded.end(body);
    return new Promise((resolve, reject) => forwarded.on("response", resolve).on("error", reject));
  }

  async #answer(
    passage: Passage,
    answer: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const content = await buffer(answer);
    if (suffered(response, passage, await this.after(passage))) return;
    response.writeHead(answer.statusCode ?? 0, {
      ...kept(answer),
      "content-length": content.length,
    });
    response.end(content);
  }

  #follow(answer: IncomingMessage, response: ServerResponse): void {
    const watch: Watch = { response, isMute: false };
    this.#watches.add(watch);
    response.on("close", () => this.#watches.delete(watch));
    response.writeHead(answer.statusCode ?? 0, kept(answer)).flushHeaders();
    answer.on("data", (chunk: Buffer) => watch.isMute || response.write(chunk));
    answer.on("end", () => watch.isMute || response.end());
    answer.on("error", () => watch.isMute || response.destroy());
  }
}

interface Watch {
  response: ServerResponse;
  isMute: boolean;
}

/** Whether a request changes something; one for a Lease changes nothing that anybody sees. */
export function isEffect({ verb, resource }: Passage): boolean {
  return !["get", "list", "watch"].includes(verb) && resource !== "leases";
}

function isSecure({ url }: Upstream): boolean {
  return url.startsWith("https:");
}

/** Whether something became of the request that was not the API server's doing. */
function suffered(response: ServerResponse, passage: Passage, fate: Fate | void): boolean {
  if (fate === undefined) return false;
  delete passage.status;
  if (fate === "lost") {
    response.destroy();
    return true;
  }
  const { status, reason, retryAfter } = fate;
  passage.status = status;
  response.writeHead(status, {
    "content-type": "application/json",
    ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
  });
  response.end(JSON.stringify({ kind: "Status", code: status, reason, message: "a bad day" }));
  return true;
}

/** The headers that say what the content is. */
function kept({ headers }: IncomingMessage): Record<string, string> {
  const names = ["content-type", "content-encoding", "retry-after"];
  return Object.fromEntries(
    names.flatMap((name) => (typeof headers[name] === "string" ? [[name, headers[name]]] : [])),
  );
}

const changes = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" } as const;

function understand({ method = "GET", url = "/" }: IncomingMessage, body: string): Passage {
  const { pathname, searchParams } = new URL(url, "http://api");
  const path = /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/[^/]+)?\/(.+)$/.exec(pathname)?.[1];
  const [plural = pathname, name = "", subresource] = (path ?? pathname).split("/");
  const reads = searchParams.get("watch") === "true" ? "watch" : name ? "get" : "list";
  return {
    verb: method in changes ? changes[method as keyof typeof changes] : reads,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    name,
    body,
    at: performance.now(),
  };
}
