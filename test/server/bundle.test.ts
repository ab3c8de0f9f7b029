import { execFile } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { ask } from "../support/ask.ts";
import { grpcClient } from "../support/grpc-client.ts";
import { createPostgres } from "../../tools/support/postgres.ts";
import { otlpCollector } from "../support/otlp-collector.ts";
import { serverProcess } from "../../tools/support/server-process.ts";
import { suite } from "../support/suite.ts";

const test = suite("bundle", 60_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-bundle-"));

test.before(async () => {
  await promisify(execFile)(process.execPath, ["tools/bundle.ts", "server", folder]);
});

test.after(() => rmSync(folder, { recursive: true }));

test("serves HTTP and gRPC, and traces, with the chunks that are loaded on demand", async () => {
  const collector = await otlpCollector();
  const server = await serverProcess(
    {
      MODEL_PATH: "model/intent-fr.onnx",
      DRAIN_SECONDS: "0",
      GRPC_PORT: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    },
    undefined,
    join(folder, "main.js"),
  );
  const { grpcPort } = await server.logged("Listening");
  await server.logged("Serving");
  assert.is((await ask(`${server.url}/api/intent?sentence=bonjour`)).status, 200);
  const client = grpcClient(`localhost:${Number(grpcPort)}`);
  assert.equal((await client.call("Check", {})).message, { status: "SERVING" });
  const { message } = await client.call("ModelMetadata", { name: "intent-fr" });
  assert.is(message?.["platform"], "onnx_onnxv1");
  client.close();
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
  const names = collector.spans().map(({ name }) => name);
  for (const name of ["GET /api/intent", "queue", "inference"]) assert.ok(names.includes(name));
  collector.close();
});

test("captures, and loads what that takes only where it is asked for", async () => {
  const postgres = await createPostgres();
  const model = { MODEL_PATH: "model/intent-fr.onnx", DRAIN_SECONDS: "0" };
  const capture = { CAPTURE_MODEL: "demo/intent-fr", DATABASE_FOLDER: postgres.secret };
  const threads: string[][] = [];
  for (const environment of [model, { ...model, ...capture }]) {
    const server = await serverProcess(environment, undefined, join(folder, "main.js"));
    await server.logged("Serving");
    if ("CAPTURE_MODEL" in environment) await server.logged("Connected to the database");
    assert.is((await ask(`${server.url}/api/intent?sentence=bonjour`)).status, 200);
    threads.push(threadNames(server.pid));
    server.kill("SIGTERM");
    assert.is(await server.ended, 0);
  }
  assert.equal(
    threads.map((names) => names.includes("capture")),
    [false, true],
  );
  const sql = "SELECT sentence FROM intendant.examples";
  assert.equal(await postgres.query(sql), [{ sentence: "bonjour" }]);
  await postgres.end();
});

/** What the kernel calls the threads of a process. */
function threadNames(pid: number): string[] {
  return globSync(`/proc/${pid}/task/*/comm`).map((file) => readFileSync(file, "utf8").trim());
}

test("traces over gRPC too", async () => {
  // Calls of gRPC arrive as the first bytes of HTTP/2.
  const { promise, resolve } = Promise.withResolvers<string>();
  const collector = createServer((socket) => {
    socket
      .on("error", () => {})
      .once("data", (bytes) => {
        resolve(bytes.toString("latin1"));
        socket.destroy();
      });
  });
  collector.listen(0);
  await once(collector, "listening");
  const { port } = collector.address() as AddressInfo;
  const server = await serverProcess(
    {
      MODEL_PATH: "model/intent-fr.onnx",
      DRAIN_SECONDS: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_BSP_SCHEDULE_DELAY: "20",
    },
    undefined,
    join(folder, "main.js"),
  );
  assert.is((await ask(`${server.url}/v2/health/live`)).status, 200);
  assert.match(await promise, /^PRI \* HTTP\/2\.0/);
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
  collector.close();
});

test.run();
