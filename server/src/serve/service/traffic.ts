import type { TrafficStatus } from "../../contract/ops-schemas.ts";

/** Routes and methods of probes, and of people who read the documentation. */
const excludedRoutes = new Set([
  "/api/health",
  "/v2/health/live",
  "/v2/health/ready",
  "/v2/models/:model/ready",
  "/v2/models/:model/versions/:version/ready",
  "/openapi.json",
  "/api/docs",
  "/api/docs/:file",
  "ServerLive",
  "ServerReady",
  "ModelReady",
  "Check",
]);

/** Counts the requests that say how busy a server is. */
export class Traffic {
  #requests = 0;
  readonly #started = performance.now();

  /** @param route of HTTP, or the method of gRPC; "other" where there is none */
  count(route: string): void {
    if (!excludedRoutes.has(route)) this.#requests += 1;
  }

  get status(): TrafficStatus {
    const uptimeSeconds = (performance.now() - this.#started) / 1000;
    return { requests: this.#requests, uptimeSeconds };
  }
}
