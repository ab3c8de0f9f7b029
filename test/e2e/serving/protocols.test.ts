import type { V1Service } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import { grpcClient } from "../../support/grpc-client.ts";
import {
  apply,
  command,
  condition,
  eventually,
  example,
  kubectl,
  namespacedSuite,
  read,
} from "../world.ts";

const demo = "protocols-test";
const test = namespacedSuite("The Service of a model", demo, 240_000);
const name = "intent-fr-grpc";
let address = "";

test.before(async () => {
  await apply(example(name, demo));
  await condition(demo, name, "Ready");
  address = (await read<V1Service>("service", demo, name))?.spec?.clusterIP ?? "";
  // Each node takes a moment to learn where a Service's pods are.
  await eventually("the Service's address answers", 30, () => fetch(`http://${address}/v2`));
});

test("answers the Open Inference Protocol over HTTP, case by case", async () => {
  const runner = ["tools/conformance/main.ts", "--url", `http://${address}`, "--model", name];
  assert.match(await command(process.execPath, runner), / 0 failed/);
});

test("answers over gRPC where the resource says so", async () => {
  const client = grpcClient(`${address}:8081`);
  const sentence = Buffer.from("un train pour Paris");
  const {
    code,
    details,
    message = {},
  } = await client.call("ModelInfer", {
    model_name: name,
    inputs: [
      {
        name: "sentence",
        datatype: "BYTES",
        shape: [1],
        contents: { bytes_contents: [sentence] },
      },
    ],
    outputs: [{ name: "label" }],
  });
  client.close();
  assert.is(code, 0, details);
  const [label] = message["outputs"] as { contents: { bytes_contents: Buffer[] } }[];
  assert.is(label?.contents.bytes_contents[0]?.toString(), "find-train");
});

test("needs no collector of traces to be there", async () => {
  const { status } = await condition(demo, name, "Ready");
  const pods = ["get", "pod", "-n", demo, "-l", "app.kubernetes.io/name=model-server"];
  const restarts = "jsonpath={.items[*].status.containerStatuses[0].restartCount}";
  assert.is(await kubectl(...pods, "-o", restarts), "0");
  assert.is(status?.replicas, 1);
});

test.run();
