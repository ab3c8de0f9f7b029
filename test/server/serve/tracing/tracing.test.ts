import { status } from "@grpc/grpc-js";
import * as assert from "uvu/assert";
import { ask, post } from "../../../support/ask.ts";
import { grpcClient } from "../../../support/grpc-client.ts";
import { otlpCollector, type OtlpCollector } from "../../../support/otlp-collector.ts";
import { serverProcess, type ServerProcess } from "../../../../tools/support/server-process.ts";
import { suite } from "../../../support/suite.ts";
import { until } from "../../../../tools/support/until.ts";

const test = suite("tracing", 60_000);
let collector: OtlpCollector;
let server: ServerProcess;

const model = { MODEL_PATH: "model/intent-fr.onnx", DRAIN_SECONDS: "0" };
const imports = { NODE_OPTIONS: "--import=./test/support/report-imports.ts" };
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${spanId}-01`;

async function end(process: ServerProcess): Promise<void> {
  process.kill("SIGTERM");
  assert.is(await process.ended, 0);
}

const importedOf = ({ log }: ServerProcess, name: RegExp) =>
  log.filter(({ msg }) => msg.startsWith("Imported") && name.test(msg));

test.before(async () => {
  collector = await otlpCollector();
  server = await serverProcess({
    ...model,
    ...imports,
    GRPC_PORT: "0",
    LOG_LEVEL: "debug",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
    OTEL_BSP_SCHEDULE_DELAY: "20",
  });
  await server.logged("Serving");
});

test.after(async () => {
  await end(server);
  collector.close();
});

test.before.each(() => void collector.bodies.splice(0));

test("a request is a span within its client's", async () => {
  await ask(`${server.url}/api/intent?sentence=bonjour`, { headers: { traceparent } });
  const span = await collector.span("GET /api/intent");
  assert.is(span.kind, 2);
  assert.is(span.traceId, traceId);
  assert.is(span.parentSpanId, spanId);
  assert.equal(span.status, { code: 0 });
  const port = Number(new URL(server.url).port);
  const { "client.address": client, ...attributes } = span.attributes;
  assert.match(String(client), /127\.0\.0\.1|::1/);
  assert.equal(attributes, {
    "http.request.method": "GET",
    "http.route": "/api/intent",
    "http.response.status_code": 200,
    "url.path": "/api/intent",
    "url.scheme": "http",
    "network.protocol.version": "1.1",
    "server.address": "localhost",
    "server.port": port,
    "user_agent.original": "node",
  });
  assert.is(span.resource["service.name"], "intent-fr");
  assert.is(span.resource["deployment.environment.name"], "test");
});

test("the wait for the model and its run are spans within the request's", async () => {
  await ask(`${server.url}/api/intent?sentence=bonjour`);
  const request = await collector.span("GET /api/intent");
  const queue = await collector.span("queue");
  const inference = await collector.span("inference");
  assert.is(request.parentSpanId ?? "", "");
  for (const span of [queue, inference]) {
    assert.is(span.traceId, request.traceId);
    assert.is(span.parentSpanId, request.spanId);
  }
  assert.equal(inference.attributes, {
    "intendant.batch.rows": 1,
    "intendant.batch.requests": 1,
  });
  const times = [
    request.startTimeUnixNano,
    queue.startTimeUnixNano,
    queue.endTimeUnixNano,
    inference.endTimeUnixNano,
    request.endTimeUnixNano,
  ].map(BigInt);
  assert.equal(
    times,
    times.toSorted((one, other) => Number(one - other)),
  );
  assert.is(queue.endTimeUnixNano, inference.startTimeUnixNano);
});

test("a refused request is no failure of the server", async () => {
  await post(`${server.url}/v2/models/intent-fr/infer`, {});
  const span = await collector.span("POST /v2/models/:model/infer");
  assert.is(span.attributes["http.response.status_code"], 400);
  assert.is(span.attributes["error.type"], undefined);
  assert.equal(span.status, { code: 0 });
});

test("a path that clients make up is not the name of a span", async () => {
  await ask(`${server.url}/nowhere/17`);
  const span = await collector.span("GET");
  assert.is(span.attributes["http.route"], undefined);
  assert.is(span.attributes["url.path"], "/nowhere/17");
});

test("the log tells the span of a request", async () => {
  await ask(`${server.url}/api/health`, { headers: { traceparent } });
  const span = await collector.span("GET /api/health");
  const line = server.log.find(({ msg, path }) => /Answered/.test(msg) && path === "/api/health");
  assert.is(line?.["trace_id"], traceId);
  assert.is(line?.["span_id"], span.spanId);
});

test("a call of gRPC is a span within its client's", async () => {
  const { grpcPort } = await server.logged("Listening");
  const client = grpcClient(`localhost:${Number(grpcPort)}`);
  const metadata = { traceparent };
  const inputs = [
    {
      name: "sentence",
      datatype: "BYTES",
      shape: [1],
      contents: { bytes_contents: [Buffer.from("bonjour")] },
    },
  ];
  const request = { model_name: "intent-fr", inputs };
  const reply = await client.call("ModelInfer", request, { metadata });
  assert.is(reply.details, "");
  const span = await collector.span("inference.GRPCInferenceService/ModelInfer");
  assert.is(span.traceId, traceId);
  assert.is(span.parentSpanId, spanId);
  assert.equal(span.attributes, {
    "rpc.system": "grpc",
    "rpc.service": "inference.GRPCInferenceService",
    "rpc.method": "ModelInfer",
    "rpc.grpc.status_code": status.OK,
  });
  assert.is((await collector.span("inference")).parentSpanId, span.spanId);
  client.close();
});

test("the last spans are sent before the end, as protobuf unless said otherwise", async () => {
  const other = await serverProcess({
    ...model,
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/traces`,
    OTEL_BSP_SCHEDULE_DELAY: "60000",
    OTEL_SERVICE_NAME: "shop",
  });
  await other.logged("Serving");
  await ask(`${other.url}/api/health`, { headers: { traceparent } });
  await end(other);
  const [sent] = collector.bodies.filter(({ path }) => path === "/traces");
  assert.is(sent?.type, "application/x-protobuf");
  assert.ok(sent?.body.includes(Buffer.from(traceId, "hex")));
  assert.ok(sent?.body.includes("shop"));
});

test("the sampler of the variables decides", async () => {
  const other = await serverProcess({
    ...model,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER: "always_off",
  });
  await other.logged("Serving");
  assert.is((await ask(`${other.url}/api/intent?sentence=bonjour`)).status, 200);
  await end(other);
  assert.equal(collector.bodies, []);
});

test("a collector that is not there is logged, and delays neither answers nor the end", async () => {
  const other = await serverProcess({
    ...model,
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:9",
    OTEL_BSP_SCHEDULE_DELAY: "20",
  });
  await other.logged("Serving");
  assert.is((await ask(`${other.url}/api/health`)).status, 200);
  await end(other);
  assert.ok(other.log.some(({ msg }) => msg === "Could not send the last spans"));
});

test("nothing of it is loaded when it is off", async () => {
  const other = await serverProcess({ ...model, ...imports, OTEL_TRACES_EXPORTER: "none" });
  await other.logged("Serving");
  assert.is((await ask(`${other.url}/api/intent?sentence=bonjour`)).status, 200);
  await end(other);
  await until(() => importedOf(other, /koa/).length > 0);
  // prom-client loads the interfaces of OpenTelemetry; alone they do nothing.
  assert.equal(importedOf(other, /opentelemetry\/(?!api)|grpc|protobuf/), []);
  assert.ok(importedOf(server, /opentelemetry\/sdk/).length > 0);
  assert.ok(importedOf(server, /grpc-js/).length > 0);
});

test.run();
