import { on, once } from "node:events";
import { status, type ServiceError } from "@grpc/grpc-js";
import * as assert from "uvu/assert";
import { grpcClient, type Message } from "../../../support/grpc-client.ts";
import { modelServer, withServer } from "../../../../tools/support/model-server.ts";
import { linear } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("gRPC health");
const grpc = { GRPC_PORT: "0" };

test("is serving, as a whole and by the name of the service", async () => {
  await withServer(
    linear(),
    async (server) => {
      const client = grpcClient(server.grpc);
      for (const service of ["", "inference.GRPCInferenceService"]) {
        const { message } = await client.call("Check", { service });
        assert.equal(message, { status: "SERVING" });
      }
      const { code, details } = await client.call("Check", { service: "other" });
      assert.is(status[code], "NOT_FOUND");
      assert.match(details, 'no service "other" here; ask for "inference.GRPCInferenceService"');
      client.close();
    },
    grpc,
  );
});

test("is not serving without a model, and says why to who asks for it", async () => {
  await withServer(
    undefined,
    async (server) => {
      const client = grpcClient(server.grpc);
      assert.equal((await client.call("Check", {})).message, { status: "NOT_SERVING" });
      assert.equal((await client.call("ServerLive", {})).message, { live: true });
      assert.equal((await client.call("ServerReady", {})).message, { ready: false });
      assert.equal((await client.call("ModelReady", { name: "test" })).message, { ready: false });
      for (const [method, request] of [
        ["ModelMetadata", { name: "test" }],
        ["ModelInfer", { model_name: "test" }],
      ] as const) {
        const { code, details } = await client.call(method, request);
        assert.is(status[code], "UNAVAILABLE", method);
        assert.match(details, 'The model "test" is not ready');
      }
      client.close();
    },
    grpc,
  );
});

test("tells those who watch that it ends, and ends them", async () => {
  const server = await modelServer(linear(), grpc);
  const client = grpcClient(server.grpc);
  const call = client.watch("");
  const changes = on(call, "data");
  const next = async () => ((await changes.next()).value as [Message])[0];
  assert.equal(await next(), { status: "SERVING" });
  const failed = once(call, "error");
  const ended = server.end();
  assert.equal(await next(), { status: "NOT_SERVING" });
  await changes.return?.();
  const [error] = (await failed) as [ServiceError];
  assert.is(error.code, status.UNAVAILABLE);
  await ended;
  client.close();
});

test("lets those wait who watch what is not there", async () => {
  const server = await modelServer(linear(), grpc);
  const client = grpcClient(server.grpc);
  const call = client.watch("other");
  const [message] = (await once(call, "data")) as [Message];
  assert.equal(message, { status: "SERVICE_UNKNOWN" });
  const gone = once(call, "error");
  call.cancel();
  await gone;
  client.close();
  await server.end();
});

test.run();
