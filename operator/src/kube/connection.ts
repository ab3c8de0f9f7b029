import type { RequestOptions } from "node:https";
// The file, not the package: its entry also brings every API class, and none is used here.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { Agent, request, type Dispatcher } from "undici";

/** One HTTP request; times in milliseconds. */
export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query below the server's address. */
  path: string;
  contentType?: string;
  body?: string;
  /** Until the status line and headers are there. */
  headersTimeout: number;
  /** Between two pieces of the body. */
  bodyTimeout: number;
  signal?: AbortSignal | undefined;
  /** Called right before the request is written; nothing is sent when it throws. */
  beforeSending?: (() => void) | undefined;
}

/**
 * The cluster that KUBECONFIG or ~/.kube/config names, or the one this pod runs in.
 *
 * @throws Error with the remedy when there is none of them
 */
export function loadKubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  if (isFallback(config)) {
    throw new Error(
      "Found no cluster to talk to; set KUBECONFIG, or run in a pod that has a service account token",
    );
  }
  return config;
}

/** What client-node makes up when it finds nothing. */
function isFallback(config: KubeConfig): boolean {
  const isMadeUp = config.getCurrentContext() === "loaded-context";
  return isMadeUp && config.getCurrentCluster()?.server === "http://localhost:8080";
}

/**
 * Authenticated HTTP to one API server, over connections that are kept and shared. client-node's own
 * calls open a new TLS connection each, because they make a new agent for every request; so only its
 * credentials are used here, with one agent that lasts until they change.
 */
export class Connection {
  readonly #config: KubeConfig;
  readonly #userAgent: string;
  /** Scheme, host and port, with the path below which the API is. */
  readonly #root: string;
  #current: { identity: string; agent: Agent } | undefined;
  #closed = false;

  /** @throws Error when the kubeconfig names no cluster, or one behind a proxy */
  constructor(config: KubeConfig, userAgent: string) {
    const cluster = config.getCurrentCluster();
    if (!cluster) {
      const context = config.getCurrentContext() || "(none)";
      throw new Error(`The kubeconfig has no cluster for its current context ${context}`);
    }
    if (cluster.proxyUrl) {
      throw new Error(
        "The kubeconfig's proxy-url is not supported; name a server that is reachable",
      );
    }
    const { origin, pathname } = new URL(cluster.server);
    this.#config = config;
    this.#userAgent = userAgent;
    this.#root = `${origin}${pathname.replace(/\/$/, "")}`;
  }

  /** The answer, of any status; rejects when there is none. */
  async request(call: Call): Promise<Dispatcher.ResponseData> {
    const { method, path, contentType, body, headersTimeout, bodyTimeout } = call;
    const { signal, beforeSending } = call;
    const { agent, headers } = await this.#agentAndHeaders();
    return request(`${this.#root}${path}`, {
      dispatcher: beforeSending ? agent.compose(checked(beforeSending)) : agent,
      method,
      headers: {
        ...headers,
        accept: "application/json",
        "user-agent": this.#userAgent,
        ...(contentType && { "content-type": contentType }),
      },
      body: body ?? null,
      headersTimeout,
      bodyTimeout,
      signal: signal ?? null,
    });
  }

  /** Breaks off what is under way; every later request fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#current?.agent.destroy();
  }

  async #agentAndHeaders(): Promise<{ agent: Agent; headers: Record<string, string> }> {
    const headers: Record<string, string> = {};
    const options: RequestOptions = { headers };
    // Reads rotated tokens and certificates, and asks credential plugins.
    await this.#config.applyToHTTPSOptions(options);
    if (this.#closed) throw new Error("the connection was closed");
    if (options.auth) {
      headers["authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
    }
    return { agent: this.#agentFor(options), headers };
  }

  /** The agent with these certificates; a new one when they have changed. */
  #agentFor(options: RequestOptions): Agent {
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const identity = [ca, cert, key].map(String).join();
    if (this.#current?.identity !== identity) {
      void this.#current?.agent.close();
      const tls = { ca, cert, key, servername, rejectUnauthorized };
      this.#current = { identity, agent: createAgent(tls) };
    }
    return this.#current.agent;
  }
}

/** A request can wait for a connection; `check` is called when it has one. */
function checked(check: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        check();
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    });
}

function createAgent(tls: object): Agent {
  return new Agent({
    // No limit on connections: each watch occupies one for minutes. The rate of calls is limited
    // elsewhere. The API server closes idle connections after 90 s; here they end before that.
    keepAliveTimeout: 60_000,
    connect: { ...tls, timeout: 5_000, keepAlive: true, keepAliveInitialDelay: 30_000 },
  });
}
