import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import {
  apply,
  ask,
  described,
  eventually,
  intentModel,
  kubectl,
  namespacedSuite,
  read,
} from "../world.ts";

const demo = "models-test";
const test = namespacedSuite("A model from a ConfigMap", demo, 180_000);

const stalled = (name: string, reason: string) =>
  eventually(`${name} is stalled as ${reason}`, 60, async () => {
    const { status } = (await read<ModelDeployment>("mdep", demo, name))!;
    const found = status?.conditions?.find(({ type }) => type === "Stalled");
    return found?.status === "True" && found.reason === reason ? found : undefined;
  });

test("that does not exist is asked for, with the command that creates it", async () => {
  await apply(
    intentModel("own", demo, { model: { configMap: { name: "own", key: "model.onnx" } } }),
  );
  const { message } = await stalled("own", "ModelNotFound");
  assert.match(message, /kubectl create configmap own/);
});

test("is served as soon as the ConfigMap is there", async () => {
  await kubectl(
    "create",
    "configmap",
    "own",
    "-n",
    demo,
    "--from-file=model.onnx=model/intent-fr.onnx",
  );
  // A ConfigMap is not watched, so that the operator needs no right to list them; a change of the
  // resource makes it look again at once.
  await kubectl("annotate", "mdep/own", "-n", demo, "look=again");
  const { status } = await described(demo, "own");
  assert.match(status?.serving?.sha256 ?? "", /^[0-9a-f]{64}$/);
  const answer = await ask<{ intent: string }[]>(
    demo,
    "own",
    "/api/intent?sentence=un+train+pour+Paris",
  );
  assert.is(answer.length, 8);
});

test("of another digest than promised is not served", async () => {
  const model = { configMap: { name: "own", key: "model.onnx" }, sha256: "0".repeat(64) };
  await apply(intentModel("pinned", demo, { model }));
  const { message } = await stalled("pinned", "DigestMismatch");
  assert.match(message, /0{64}/);
});

test("that is no ONNX file ends in the server's own words", async () => {
  await kubectl(
    "create",
    "configmap",
    "broken",
    "-n",
    demo,
    "--from-literal=ignored=yes",
    "--from-file=model.onnx=model/intent-fr.onnx",
  );
  const bytes = readFileSync("model/intent-fr.onnx").subarray(0, 1000).toString("base64");
  await kubectl(
    "patch",
    "configmap",
    "broken",
    "-n",
    demo,
    "--type=merge",
    "-p",
    JSON.stringify({ binaryData: { "model.onnx": bytes } }),
  );
  await apply(
    intentModel("broken", demo, { model: { configMap: { name: "broken", key: "model.onnx" } } }),
  );
  const ready = await eventually("Ready says why", 60, async () => {
    const { status } = (await read<ModelDeployment>("mdep", demo, "broken"))!;
    const found = status?.conditions?.find(({ type }) => type === "Ready");
    return found?.reason === "ModelLoadFailed" ? found : undefined;
  });
  assert.match(ready.message, /is not a model that ONNX Runtime loads/);
});

test.run();
