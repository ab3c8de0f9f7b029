import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { kinds, type Kind, type KubeObject } from "../../operator/src/kube/resource.ts";
import { childEntries } from "../../operator/src/resources/child-kinds.ts";
import { FakeStore, Refusal, type Change, type Stored } from "./fake-store.ts";

/** A request as the fake API server understood it. */
export interface FakeRequest {
  verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  kind: Kind;
  namespace?: string | undefined;
  name?: string | undefined;
  subresource?: string | undefined;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: unknown;
}

/** Which requests a scenario is for; what is left out may be anything. */
export interface Match {
  verb?: FakeRequest["verb"];
  kind?: Kind;
  name?: string;
}

/** What can go wrong with one request. */
export const scenarios = {
  conflict: refuse(409, "Conflict", "the object has been modified"),
  gone: refuse(410, "Expired", "too old resource version"),
  notFound: refuse(404, "NotFound", "the server could not find the requested resource"),
  forbidden: refuse(403, "Forbidden", "the service account may not do this"),
  invalid: refuse(422, "Invalid", "spec.model: exactly one source is needed"),
  internalError: refuse(500, "InternalError", "etcdserver: leader changed"),
  tooManyRequests: refuse(429, "TooManyRequests", "please try again later", { "retry-after": "1" }),
  unavailable: refuse(503, "ServiceUnavailable", "starting", { "retry-after": "1" }),
  badGateway(response: ServerResponse) {
    response.writeHead(502, { "content-type": "text/html" }).end("<html>no upstream</html>");
  },
  /** Never answers. */
  slowHeaders() {},
  /** Begins an answer and never ends it. */
  slowBody(response: ServerResponse) {
    response.writeHead(200, { "content-type": "application/json" }).write('{"kind":');
  },
  /** The connection is lost in mid-answer. */
  truncatedBody(response: ServerResponse) {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"kind":', () => response.destroy());
  },
  /** A watch that gets nothing, not even bookmarks. */
  hang: (response: ServerResponse) => response.writeHead(200).flushHeaders(),
  /** A watch that is lost at once. */
  drop(response: ServerResponse) {
    response.writeHead(200).flushHeaders();
    setImmediate(() => response.destroy());
  },
  /** A watch that ends cleanly at once. */
  endAtOnce: (response: ServerResponse) => response.writeHead(200).end(),
  errorEventGone: errorEvent(410, "Expired", "too old resource version"),
  errorEventInternal: errorEvent(500, "InternalError", "etcdserver: request timed out"),
  /** A watch that ends within an event. */
  halfLine: (response: ServerResponse) => response.writeHead(200).end('{"type":"ADDED","obj'),
  notJson: (response: ServerResponse) => response.writeHead(200).write("<html>\n"),
} satisfies Record<string, (response: ServerResponse) => void>;

export type Scenario = keyof typeof scenarios;

interface Watch {
  request: FakeRequest;
  response: ServerResponse;
}

/**
 * An API server in memory, over real HTTP on a port of its own: list in pages, watch, create,
 * replace, server-side apply, delete. See FakeStore for what is simpler than in a real one. Any
 * request can be made to go wrong.
 */
export class FakeApi {
  readonly objects = new FakeStore();
  /** All requests so far, the oldest first. */
  readonly requests: FakeRequest[] = [];
  /** How many connections were opened so far. */
  connections = 0;
  #server = createServer((request, response) => void this.#handle(request, response));
  #sockets = new Set<Socket>();
  #watches = new Set<Watch>();
  #planned: { match: Match; scenario: Scenario; times: number }[] = [];
  #held: { match: Match; released: Promise<void> }[] = [];
  #snapshots = new Map<string, { items: Stored[]; version: number }>();
  #port = 0;

  /** A server that listens already; close it after the test. */
  static async start(): Promise<FakeApi> {
    const api = new FakeApi();
    // As long as a real one keeps connections that nobody uses.
    api.#server.keepAliveTimeout = 90_000;
    api.#server.on("connection", (socket) => {
      api.connections += 1;
      api.#sockets.add(socket.on("close", () => api.#sockets.delete(socket)));
    });
    await api.resume();
    return api;
  }

  /** A kubeconfig for this server. */
  config(token = "secret"): KubeConfig {
    const config = new KubeConfig();
    const server = `http://127.0.0.1:${this.#port}`;
    config.loadFromClusterAndUser(
      // client-node refuses plain HTTP without skipTLSVerify.
      { name: "fake", server, skipTLSVerify: true },
      { name: "operator", token },
    );
    return config;
  }

  /** The next requests that fit go wrong, each in the next of these ways. */
  fail(match: Match, ...ways: Scenario[]): void {
    for (const scenario of ways) this.#planned.push({ match, scenario, times: 1 });
  }

  /** All requests that fit go wrong in this way, until `heal`. */
  failAlways(match: Match, scenario: Scenario): void {
    this.#planned.push({ match, scenario, times: Infinity });
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#planned = [];
  }

  /** The next request that fits takes effect, but is answered only when the function is called. */
  hold(match: Match): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.push({ match, released: promise });
    return resolve;
  }

  /** The requests that fit. */
  received(match: Match): FakeRequest[] {
    return this.requests.filter((request) => fits(request, match));
  }

  /** How many watches are open. */
  get watches(): number {
    return this.#watches.size;
  }

  /** Sends every open watch that asked for it a bookmark. */
  bookmark(): void {
    for (const { request, response } of this.#watches) {
      if (request.query.get("allowWatchBookmarks") !== "true") continue;
      const { apiVersion, kind } = request.kind;
      const metadata = { resourceVersion: String(this.objects.version) };
      send(response, "BOOKMARK", { apiVersion, kind, metadata });
    }
  }

  /** Ends every open watch cleanly, as the API server does after timeoutSeconds. */
  endWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Cuts the connection of every open watch. */
  dropWatches(): void {
    for (const { response } of this.#watches) response.destroy();
  }

  /** Forgets the history: watches and pages that go on from before get 410. */
  compact(): void {
    this.objects.compact();
    this.#snapshots.clear();
  }

  /** Goes away: all connections are cut, new ones refused. */
  async pause(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Comes back on the same port. */
  async resume(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** The end; nothing keeps the process alive afterwards. */
  async close(): Promise<void> {
    if (this.#server.listening) await this.pause();
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = understand(incoming, await text(incoming));
      this.requests.push(request);
      const planned = this.#planned.find(({ match, times }) => times > 0 && fits(request, match));
      if (planned) {
        planned.times -= 1;
        scenarios[planned.scenario](response);
      } else if (request.verb === "watch") {
        this.#watch({ request, response });
      } else {
        const result = this.#result(request);
        await this.#release(request);
        json(response, request.verb === "create" ? 201 : 200, result);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(error.status, error.reason, error.message)(response);
    }
  }

  #release(request: FakeRequest): Promise<void> | undefined {
    const index = this.#held.findIndex(({ match }) => fits(request, match));
    return index < 0 ? undefined : this.#held.splice(index, 1)[0]?.released;
  }

  #result(request: FakeRequest): object {
    const { verb, kind, query, namespace, name = "", subresource } = request;
    const body = { ...(request.body as KubeObject) };
    const writer = { manager: query.get("fieldManager") ?? "unknown", subresource };
    if (verb === "list") return this.#list(request);
    if (verb === "create") return this.objects.create(kind, body, writer);
    if (verb === "update") return this.objects.replace(kind, body, writer);
    if (verb === "patch") return this.#apply(request, body, writer);
    if (verb === "delete") {
      const { preconditions } = request.body as { preconditions?: { uid: string } };
      return this.objects.remove(kind, { namespace, name }, preconditions?.uid);
    }
    const found = this.objects.get(kind, { namespace, name });
    if (!found) throw new Refusal(404, "NotFound", `${kind.plural} "${name}" not found`);
    return found;
  }

  #apply(request: FakeRequest, body: KubeObject, writer: { manager: string }): Stored {
    const type = request.headers["content-type"];
    const { kind, namespace, name = "" } = request;
    if (type === "application/merge-patch+json") {
      return this.objects.mergePatch(kind, { namespace, name }, body, writer);
    }
    if (type !== "application/apply-patch+yaml") {
      throw new Refusal(415, "UnsupportedMediaType", `the fake does not know ${type}`);
    }
    if (!request.query.has("fieldManager") || request.query.get("force") !== "true") {
      throw new Refusal(400, "BadRequest", "the fake wants fieldManager and force=true");
    }
    if (body.apiVersion !== request.kind.apiVersion || body.kind !== request.kind.kind) {
      throw new Refusal(400, "BadRequest", "apiVersion and kind must be set");
    }
    return this.objects.apply(request.kind, body, writer);
  }

  #list({ kind, namespace, query }: FakeRequest): object {
    const selects = selector(query.get("labelSelector"));
    const token = query.get("continue");
    const snapshot = token
      ? this.#snapshots.get(token)
      : {
          items: this.objects.list(kind, namespace).filter(selects),
          version: this.objects.version,
        };
    if (!snapshot) throw new Refusal(410, "Expired", "The provided continue parameter is too old");
    const { items, version } = snapshot;
    const limit = Number(query.get("limit") ?? Infinity);
    const metadata: Record<string, string> = { resourceVersion: String(version) };
    if (items.length > limit) {
      metadata["continue"] = `page-${this.#snapshots.size}`;
      this.#snapshots.set(metadata["continue"], { items: items.slice(limit), version });
    }
    // As a real one: the items of a list have no apiVersion and kind.
    const page = items.slice(0, limit).map((item) => ({
      ...item,
      apiVersion: undefined,
      kind: undefined,
    }));
    return { apiVersion: kind.apiVersion, kind: `${kind.kind}List`, metadata, items: page };
  }

  #watch(watch: Watch): void {
    const { request, response } = watch;
    const missed = this.objects.since(Number(request.query.get("resourceVersion")));
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    for (const change of missed) report(watch, change);
    const stop = this.objects.listen((change) => report(watch, change));
    this.#watches.add(watch);
    const seconds = Number(request.query.get("timeoutSeconds") ?? 300);
    const timer = setTimeout(() => response.end(), seconds * 1000);
    response.on("close", () => {
      clearTimeout(timer);
      stop();
      this.#watches.delete(watch);
    });
  }
}

function fits(request: FakeRequest, { verb, kind, name }: Match): boolean {
  return (
    (verb === undefined || verb === request.verb) &&
    (kind === undefined || kind.kind === request.kind.kind) &&
    (name === undefined || name === request.name)
  );
}

function understand({ method, url, headers }: IncomingMessage, body: string): FakeRequest {
  const { pathname, searchParams: query } = new URL(url ?? "", "http://fake");
  const path =
    /^\/(?:api|apis)\/(?<apiVersion>v1|[^/]+\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/;
  const { apiVersion, plural, namespace, name, subresource } = path.exec(pathname)?.groups ?? {};
  const children = childEntries.map(([, child]) => child.kind);
  const kind = [...Object.values(kinds), ...children].find(
    (kind) => kind.apiVersion === apiVersion && kind.plural === plural,
  );
  if (!kind) {
    throw new Refusal(404, "NotFound", `the server could not find the requested resource ${url}`);
  }
  const reading = name ? "get" : query.get("watch") === "true" ? "watch" : "list";
  const verbs = { GET: reading, POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
  const verb = verbs[method as keyof typeof verbs] as FakeRequest["verb"];
  const parsed: unknown = body ? JSON.parse(body) : undefined;
  return { verb, kind, namespace, name, subresource, query, headers, body: parsed };
}

/** Tells a watch of a change, as far as it concerns what the watch selects. */
function report({ request, response }: Watch, change: Change): void {
  const { kind, namespace, query } = request;
  const selects = selector(query.get("labelSelector"));
  if (change.kind.kind !== kind.kind) return;
  if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
  const before = change.previous !== undefined && selects(change.previous);
  const after = !change.deleted && selects(change.object);
  if (after) send(response, before ? "MODIFIED" : "ADDED", change.object);
  else if (before) send(response, "DELETED", change.object);
}

function send(response: ServerResponse, type: string, object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

/** Understands `a=b`, `a!=b`, `a` and `!a`, and commas between them. */
function selector(query: string | null): (object: KubeObject) => boolean {
  if (!query) return () => true;
  if (query.includes("(")) throw new Refusal(400, "BadRequest", "the fake knows no set selectors");
  const terms = query.split(",").map((term) => /^(!?)([^!=]+)(?:(!?)==?(.*))?$/.exec(term));
  return ({ metadata }) =>
    terms.every((term) => {
      const [, not, name = "", differs, value] = term ?? [];
      const label = metadata?.labels?.[name];
      if (value === undefined) return (label === undefined) === Boolean(not);
      return (label === value) !== Boolean(differs);
    });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function refuse(status: number, reason: string, message: string, headers = {}) {
  return (response: ServerResponse) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(failure(status, reason, message)));
  };
}

function errorEvent(code: number, reason: string, message: string) {
  return (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json" });
    send(response, "ERROR", failure(code, reason, message));
    response.end();
  };
}

function failure(code: number, reason: string, message: string) {
  return { apiVersion: "v1", kind: "Status", status: "Failure", code, reason, message };
}
