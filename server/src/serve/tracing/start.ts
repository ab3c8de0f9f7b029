import type { Logger } from "../../process/log.ts";
import type { Tracing } from "./tracing.ts";

/**
 * Starts tracing under a name; undefined when it is off. Nothing of OpenTelemetry is loaded then, and a request
 * costs nothing more.
 */
export async function startTracing(
  tracedAs: string | undefined,
  log: Logger,
): Promise<Tracing | undefined> {
  if (tracedAs === undefined) return undefined;
  try {
    const { openTelemetry } = await import("./opentelemetry.ts");
    return openTelemetry(tracedAs, log);
  } catch (error) {
    // Serving matters more than being watched.
    log.error({ err: error }, "Could not start tracing; are the OTEL_ variables right?");
    return undefined;
  }
}
