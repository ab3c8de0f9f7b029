import type { RouterContext } from "@koa/router";
import type { Middleware } from "koa";
import type { Logger } from "../../../process/log.ts";
import type { Metrics } from "../../service/metrics.ts";
import { traceOf } from "./trace.ts";

/** Counts and times requests; logs each of them at the level debug. */
export function measure({ inFlight, requests, traffic }: Metrics, log: Logger): Middleware {
  return async (context, next) => {
    const started = performance.now();
    inFlight.inc();
    try {
      await next();
    } finally {
      inFlight.dec();
      const seconds = (performance.now() - started) / 1000;
      const { _matchedRoute: route } = context as RouterContext;
      // A label per path or method that clients make up would never end.
      const labels = route
        ? { method: context.method, route: String(route), code: context.status }
        : { method: "other", route: "other", code: context.status };
      requests.observe(labels, seconds);
      traffic.count(labels.route);
      if (log.isLevelEnabled("debug")) {
        const { method, path, status: code } = context;
        log.debug({ method, path, code, seconds, ...traceOf(context) }, "Answered a request");
      }
    }
  };
}
