import type { RequestOptions } from "node:https";
// The file, not the package: its entry also brings every API class, which nobody calls here.
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

/** Authenticated HTTP to one API server, over connections that are kept and shared. */
export interface Connection {
  request(call: Call): Promise<Dispatcher.ResponseData>;
  /** Breaks off what is under way; every later request fails. */
  close(): Promise<void>;
}

/**
 * The cluster that KUBECONFIG or ~/.kube/config names, or the one this pod runs in.
 *
 * @throws when there is neither
 */
export function loadKubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  // What client-node falls back to when it finds nothing.
  const isFallback = config.getCurrentCluster()?.server === "http://localhost:8080";
  if (isFallback && config.getCurrentContext() === "loaded-context") {
    throw new Error(
      "Found no cluster to talk to; set KUBECONFIG, or run in a pod that has a service account token",
    );
  }
  return config;
}

/**
 * client-node's own calls open a new TLS connection each, because they make a new agent for every
 * request; so only its credentials are used here, with one agent that lasts until they change.
 */
export function createConnection(config: KubeConfig, userAgent: string): Connection {
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    const context = config.getCurrentContext() || "(none)";
    throw new Error(`The kubeconfig has no cluster for its current context ${context}`);
  }
  if (cluster.proxyUrl) {
    throw new Error("The kubeconfig's proxy-url is not supported; name a server that is reachable");
  }
  const { origin, pathname } = new URL(cluster.server);
  let current: { identity: string; agent: Agent } | undefined;
  let closed = false;

  async function agentAndHeaders() {
    const headers: Record<string, string> = {};
    const options: RequestOptions = { headers };
    // Reads rotated tokens and certificates, and asks credential plugins.
    await config.applyToHTTPSOptions(options);
    if (closed) throw new Error("the connection was closed");
    const { ca, cert, key, servername, rejectUnauthorized, auth } = options;
    const identity = [ca, cert, key].map(String).join();
    if (current?.identity !== identity) {
      void current?.agent.close();
      const tls = { ca, cert, key, servername, rejectUnauthorized };
      current = { identity, agent: createAgent(tls) };
    }
    if (auth) headers["authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
    return { agent: current.agent, headers };
  }

  return {
    async request({ method, path, contentType, body, headersTimeout, bodyTimeout, ...call }) {
      const { signal, beforeSending } = call;
      const { agent, headers } = await agentAndHeaders();
      return request(`${origin}${pathname.replace(/\/$/, "")}${path}`, {
        dispatcher: beforeSending ? agent.compose(checked(beforeSending)) : agent,
        method,
        headers: {
          ...headers,
          accept: "application/json",
          "user-agent": userAgent,
          ...(contentType && { "content-type": contentType }),
        },
        body: body ?? null,
        headersTimeout,
        bodyTimeout,
        signal: signal ?? null,
      });
    },
    async close() {
      closed = true;
      await current?.agent.destroy();
    },
  };
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
