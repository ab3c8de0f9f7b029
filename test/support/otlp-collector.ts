import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { until } from "../../tools/support/until.ts";

/** A span as a collector gets it, with attributes by name. */
export interface CollectedSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Record<string, unknown>;
  status: { code?: number };
  /** Attributes of the process that sent it. */
  resource: Record<string, unknown>;
}

/** A collector of OTLP over HTTP that keeps what arrives. */
export interface OtlpCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  /** Requests that arrived. */
  bodies: { path: string; type: string; body: Buffer }[];
  /** All spans that came as JSON. */
  spans: () => CollectedSpan[];
  /** Resolves with the span of this name; fails when it does not arrive. */
  span: (name: string) => Promise<CollectedSpan>;
  close: () => void;
}

interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}

interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: {
      spans: (Omit<CollectedSpan, "attributes"> & { attributes: OtlpAttribute[] })[];
    }[];
  }[];
}

/** Starts a collector on a free port. */
export async function otlpCollector(): Promise<OtlpCollector> {
  const bodies: OtlpCollector["bodies"] = [];
  const keep = async ({ url, headers }: IncomingMessage, body: Promise<Buffer>) => {
    const type = headers["content-type"] ?? "";
    bodies.push({ path: url ?? "", type, body: await body });
  };
  const server = createServer((request, response) => {
    void keep(request, buffer(request)).then(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const spans = () =>
    bodies
      .filter(({ type }) => type === "application/json")
      .flatMap(({ body }) => collected(JSON.parse(body.toString("utf8")) as OtlpTraces));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    bodies,
    spans,
    span: async (name) => {
      const find = () => spans().find((span) => span.name === name);
      await until(() => find() !== undefined);
      return find() as CollectedSpan;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function collected({ resourceSpans }: OtlpTraces): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        ...span,
        attributes: byName(span.attributes),
        resource: byName(resource.attributes),
      })),
  );
}

function byName(attributes: OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
