import type { RouterContext } from "@koa/router";
import type { Context, Middleware } from "koa";
import { traceFields, type TraceFields } from "../../tracing/traceparent.ts";
import type { RequestStart, RequestEnd, Tracing } from "../../tracing/tracing.ts";

/** Answers each request in a span, with the attributes that OpenTelemetry wants of HTTP. */
export function trace(tracing: Tracing): Middleware {
  return (context, next) =>
    tracing.request(requestStart(context), async (fields) => {
      context.state["trace"] = fields;
      await next();
      return requestEnd(context);
    });
}

/** Where a request belongs: into its own span, or the one that its client says. */
export function traceOf(context: Context): TraceFields | undefined {
  const fields = context.state["trace"] as TraceFields | undefined;
  return fields ?? traceFields(context.headers["traceparent"]);
}

/** The query is left out, because it has the sentences of users. */
function requestStart({ req, method, path, headers, host }: Context): RequestStart {
  const [, address, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return {
    name: method,
    headers,
    attributes: {
      "http.request.method": method,
      "url.path": path,
      "url.scheme": "http",
      "network.protocol.version": req.httpVersion,
      "server.address": address || undefined,
      "server.port": port ? Number(port) : undefined,
      "client.address": req.socket.remoteAddress,
      "user_agent.original": headers["user-agent"],
    },
  };
}

function requestEnd(context: Context): RequestEnd {
  const { method, status } = context;
  const { _matchedRoute } = context as unknown as RouterContext;
  const route = _matchedRoute === undefined ? undefined : String(_matchedRoute);
  const failed = status >= 500;
  return {
    name: route && `${method} ${route}`,
    attributes: {
      "http.route": route,
      "http.response.status_code": status,
      "error.type": failed ? String(status) : undefined,
    },
    failed,
  };
}
