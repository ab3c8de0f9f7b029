import { status } from "@grpc/grpc-js";
import * as assert from "uvu/assert";
import { grpcClient, type Reply } from "../../../support/grpc-client.ts";
import { serverProcess } from "../../../../tools/support/server-process.ts";
import { suite } from "../../../support/suite.ts";
import { until } from "../../../../tools/support/until.ts";

const test = suite("gRPC ending", 60_000);

test("calls that come after the signal are answered, and the process ends well", async () => {
  const server = await serverProcess({
    MODEL_PATH: "model/intent-fr.onnx",
    DRAIN_SECONDS: "3",
    GRPC_PORT: "0",
  });
  await server.logged("Serving");
  const { grpcPort } = await server.logged("Listening");
  const client = grpcClient(`localhost:${Number(grpcPort)}`);
  const inputs = [
    {
      name: "sentence",
      datatype: "BYTES",
      shape: [1],
      contents: { bytes_contents: [Buffer.from("bonjour")] },
    },
  ];
  const replies: Reply[] = [];
  let heard = false;
  const fire = async () => {
    for (let left = 5; left > 0; left -= heard ? 1 : 0) {
      replies.push(await client.call("ModelInfer", { model_name: "intent-fr", inputs }));
    }
  };
  const clients = Promise.all(Array.from({ length: 16 }, fire));
  await until(() => replies.length > 200);
  server.kill("SIGTERM");
  await server.logged("Received SIGTERM");
  assert.equal((await client.call("Check", {})).message, { status: "NOT_SERVING" });
  heard = true;
  await clients;
  assert.equal(new Set(replies.map(({ code }) => status[code])), new Set(["OK"]));
  // The connection stays open; it does not keep the process.
  assert.is(await server.ended, 0);
  assert.is(server.log.at(-1)?.msg, "Shut down; every request was answered");
  client.close();
});

test.run();
