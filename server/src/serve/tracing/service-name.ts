import type { Variable } from "../../process/environment.ts";

/**
 * The name under which requests are traced; undefined when they are not.
 *
 * @param otherwise the name where the variables have none
 * @throws where an address of a collector cannot be used
 */
export function readServiceName(variable: Variable, otherwise: string): string | undefined {
  if (!isTraced(variable)) return undefined;
  checkEndpoints(variable);
  const attributes = variable("OTEL_RESOURCE_ATTRIBUTES") ?? "";
  const [, attribute] = /(?:^|,)\s*service\.name\s*=\s*([^,]+)/.exec(attributes) ?? [];
  return variable("OTEL_SERVICE_NAME") ?? attribute?.trim() ?? otherwise;
}

function isTraced(variable: Variable): boolean {
  if (variable("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return false;
  const exporters = variable("OTEL_TRACES_EXPORTER");
  if (exporters) return exporters !== "none";
  return otlpEndpoints.some((name) => variable(name) !== undefined);
}

const otlpEndpoints = [
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
] as const;

/** OpenTelemetry would say what is wrong with each request again. */
function checkEndpoints(variable: Variable): void {
  for (const name of otlpEndpoints) {
    const text = variable(name);
    if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? "")) continue;
    throw new Error(`${name} is "${text}"; write an address like http://collector:4318`);
  }
}
