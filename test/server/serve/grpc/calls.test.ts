import { once } from "node:events";
import { connect } from "node:net";
import { Client, credentials, status, type ServiceError } from "@grpc/grpc-js";
import * as fc from "fast-check";
import { pino } from "pino";
import * as assert from "uvu/assert";
import { Unavailable } from "../../../../server/src/process/errors.ts";
import { listenGrpc } from "../../../../server/src/serve/grpc/server.ts";
import { createMetrics } from "../../../../server/src/serve/service/metrics.ts";
import { Service, type Serving } from "../../../../server/src/serve/service/service.ts";
import { grpcClient, type GrpcClient, type Reply } from "../../../support/grpc-client.ts";
import type { LogLine } from "../../../../tools/support/model-server.ts";
import { suite } from "../../../support/suite.ts";
import { until } from "../../../../tools/support/until.ts";

const test = suite("gRPC calls");

type Infer = Serving["batcher"]["infer"];

/** A server whose model has no inputs and is computed by a function. */
interface FakeServer {
  address: string;
  client: GrpcClient;
  log: LogLine[];
  sample: (metric: string) => Promise<string>;
  close: () => Promise<void>;
}

async function serve(infer: Infer): Promise<FakeServer> {
  const service = new Service("test");
  service.serve({
    description: { name: "test", inputs: [], outputs: [] },
    batcher: { infer },
  } as unknown as Serving);
  const log: LogLine[] = [];
  const write = (line: string) => void log.push(JSON.parse(line) as LogLine);
  const metrics = createMetrics();
  const { port, close } = await listenGrpc({
    port: 0,
    service,
    metrics,
    log: pino({}, { write }),
    maxMessageBytes: 1000,
  });
  const address = `127.0.0.1:${port}`;
  const client = grpcClient(address);
  return {
    address,
    client,
    log,
    sample: (metric) => metrics.registry.getSingleMetricAsString(metric),
    close: async () => {
      client.close();
      await close();
    },
  };
}

const request = { model_name: "test" };

test("an error that nobody expected is logged once and not shown", async () => {
  const server = await serve(async () => {
    throw new Error("the password is secret");
  });
  const { code, details } = await server.client.call("ModelInfer", request);
  assert.is(status[code], "INTERNAL");
  assert.is(details, "Internal error; see the server log");
  assert.is(server.log.length, 1);
  assert.is(server.log[0]?.msg, "Call failed");
  assert.is(server.log[0]?.["method"], "ModelInfer");
  assert.match(JSON.stringify(server.log[0]?.["err"]), "the password is secret");
  const errors = await server.sample("intendant_server_errors_total");
  assert.match(errors, 'intendant_server_errors_total{class="failed"} 1');
  await server.close();
});

test("a server with too much to do is unavailable, and logs nothing", async () => {
  const server = await serve(async () => {
    throw new Unavailable("Too many requests");
  });
  const { code, details } = await server.client.call("ModelInfer", request);
  assert.is(status[code], "UNAVAILABLE");
  assert.is(details, "Too many requests");
  assert.equal(server.log, []);
  const errors = await server.sample("intendant_server_errors_total");
  assert.match(errors, 'intendant_server_errors_total{class="unavailable"} 1');
  await server.close();
});

test("calls are counted by method and status, and in flight", async () => {
  const server = await serve(async () => ({}));
  await server.client.call("ModelInfer", request);
  await server.client.call("ModelInfer", { model_name: "other" });
  await server.client.call("Check", {});
  const name = "intendant_server_grpc_request_duration_seconds";
  const samples = await server.sample(name);
  assert.match(samples, `${name}_count{method="ModelInfer",code="OK"} 1`);
  assert.match(samples, `${name}_count{method="ModelInfer",code="NOT_FOUND"} 1`);
  assert.match(samples, `${name}_count{method="Check",code="OK"} 1`);
  const inFlight = await server.sample("intendant_server_requests_in_flight");
  assert.match(inFlight, "intendant_server_requests_in_flight 0");
  await server.close();
});

test("a message that cannot be read is the client's fault", async () => {
  const server = await serve(async () => ({}));
  const client = new Client(server.address, credentials.createInsecure());
  const method = "/inference.GRPCInferenceService/ModelInfer";
  const keep = (bytes: Buffer) => bytes;
  const { promise, resolve } = Promise.withResolvers<ServiceError | null>();
  client.makeUnaryRequest(method, keep, keep, Buffer.of(0x0a, 0xff), resolve);
  const error = await promise;
  assert.is(status[error?.code ?? 0], "INVALID_ARGUMENT");
  assert.is(error?.details, "The message cannot be read");
  client.close();
  await server.close();
});

test("whatever bytes come, they are answered", async () => {
  const allowed: number[] = [status.INVALID_ARGUMENT, status.NOT_FOUND];
  const server = await serve(async () => ({}));
  const client = new Client(server.address, credentials.createInsecure());
  const method = "/inference.GRPCInferenceService/ModelInfer";
  const keep = (bytes: Buffer) => bytes;
  const send = (bytes: Uint8Array) =>
    new Promise<number>((resolve) => {
      const done = (error: ServiceError | null) => resolve(error?.code ?? status.OK);
      client.makeUnaryRequest(method, keep, keep, Buffer.from(bytes), done);
    });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const code = await send(bytes);
      assert.ok(allowed.includes(code), status[code]);
    }),
  );
  client.close();
  await server.close();
});

test("a call past its deadline is answered, and not waited for", async () => {
  let isGone = () => false;
  const { promise, resolve } = Promise.withResolvers<object>();
  const server = await serve(async (_inputs, _outputs, gone) => {
    isGone = gone ?? isGone;
    return promise as ReturnType<Infer>;
  });
  const reply = await server.client.call("ModelInfer", request, { deadline: Date.now() + 50 });
  assert.is(status[reply.code], "DEADLINE_EXCEEDED");
  await until(() => isGone());
  resolve({});
  await server.close();
  const calls = await server.sample("intendant_server_grpc_request_duration_seconds");
  assert.match(calls, '_count{method="ModelInfer",code="DEADLINE_EXCEEDED"} 1');
  const errors = await server.sample("intendant_server_errors_total");
  assert.match(errors, 'intendant_server_errors_total{class="aborted"} 1');
});

test("a call that is under way is answered before the end", async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  const arrived = Promise.withResolvers<void>();
  const server = await serve(async () => {
    arrived.resolve();
    return promise as ReturnType<Infer>;
  });
  const reply = server.client.call("ModelInfer", request);
  await arrived.promise;
  const closed = server.close();
  resolve({});
  assert.is((await reply).code, status.OK);
  await closed;
});

test("connections without a call do not keep the server", async () => {
  const server = await serve(async () => ({}));
  const silent = connect(Number(server.address.split(":")[1]), "127.0.0.1");
  await once(silent, "connect");
  const idle = grpcClient(server.address);
  assert.is((await idle.call("ServerLive", {})).code, status.OK);
  await server.close();
  idle.close();
  silent.destroy();
});

test("more calls at once than a connection may have wait for their turn", async () => {
  const server = await serve(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return {};
  });
  const calls = Array.from({ length: 600 }, () => server.client.call("ModelInfer", request));
  const replies = await Promise.all(calls);
  assert.equal(new Set(replies.map(({ code }) => status[code])), new Set(["OK"]));
  await server.close();
});

test("clients that fire through the end lose nothing where there is another server", async () => {
  const answered = [0, 0];
  const fake = (index: 0 | 1) =>
    serve(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      answered[index] = (answered[index] ?? 0) + 1;
      return {};
    });
  const servers = [await fake(0), await fake(1)] as const;
  const client = grpcClient(`ipv4:${servers.map(({ address }) => address).join()}`);
  const replies: Reply[] = [];
  const isDone = () => answered.every((count) => count > 100);
  const fire = async () => {
    while (!isDone()) replies.push(await client.call("ModelInfer", request));
  };
  const clients = Promise.all(Array.from({ length: 16 }, fire));
  await until(() => answered.some((count) => count > 100));
  await servers[answered[0] === 0 ? 1 : 0].close();
  await clients;
  assert.equal(new Set(replies.map(({ code }) => status[code])), new Set(["OK"]));
  client.close();
  await Promise.all(servers.map((server) => server.close()));
});

test("a port that is taken is named, and the setting", async () => {
  const server = await serve(async () => ({}));
  const port = Number(server.address.split(":")[1]);
  const options = { port, service: new Service("test"), metrics: createMetrics(), log: pino() };
  try {
    await listenGrpc({ ...options, maxMessageBytes: 1 });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, `Could not listen on port ${port}: `);
    assert.match((error as Error).message, /choose another GRPC_PORT$/);
  }
  await server.close();
});

test.run();
