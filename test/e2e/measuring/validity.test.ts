import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { intents, lookup } from "../../../tools/support/models.ts";
import { measurementsOf, rate, refuses, conditionOf } from "../measurements.ts";
import { apply, condition, kubectl, namespacedSuite } from "../world.ts";

const demo = "validity-test";
const test = namespacedSuite("A measurement", demo, 300_000);
const { deploy, reason, remeasured, underway } = measurementsOf(demo);

/** An ONNX file in a ConfigMap, as a model's source. */
async function source(name: string, file: Buffer): Promise<ModelDeployment["spec"]["model"]> {
  const binaryData = { "model.onnx": file.toString("base64") };
  const metadata = { name, namespace: demo };
  await apply({ apiVersion: "v1", kind: "ConfigMap", metadata, binaryData });
  return { configMap: { name, key: "model.onnx" } };
}

/** Text in a ConfigMap, as a script or payloads. */
async function text(name: string, key: string, value: string) {
  const metadata = { name, namespace: demo };
  await apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { [key]: value } });
  return { configMap: { name, key } };
}

/** Limits that pods get which have none of their own: those of the load generator. */
async function limits(limit: Record<string, string> | undefined): Promise<void> {
  await kubectl("delete", "limitrange", "tight", "-n", demo, "--ignore-not-found");
  if (!limit) return;
  await apply({
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: "tight", namespace: demo },
    spec: { limits: [{ type: "Container", default: limit, defaultRequest: limit }] },
  });
}

test("whose generator is made to wait for CPU is none", async () => {
  // As much as k6 asks for, which is not enough.
  await limits({ cpu: "250m" });
  await deploy("throttled", { benchmark: { ...rate, rate: "300/s" } });
  refuses(await reason("throttled", "GeneratorThrottled"), "GeneratorThrottled", /CPU limit \d/);
});

test("whose generator runs out of memory is none", async () => {
  await limits({ memory: "128Mi" });
  const hoarding = "const kept = [];\nfor (;;) kept.push(new Array(1e6).fill(kept.length));\n";
  const script = await text("hoarding", "script.js", hoarding);
  await deploy("forgetful", { benchmark: { scenario: "Script", warmUp: "0s", script } });
  refuses(await reason("forgetful", "GeneratorKilled"), "GeneratorKilled", /^k6 was killed/);
  await limits(undefined);
});

test("whose generator is killed is none, and the last one that was valid stays in the history", async () => {
  const pod = await remeasured("killed");
  await kubectl("exec", pod.metadata!.name!, "-n", demo, "--", "sh", "-c", "kill -9 $(pidof k6)");
  const found = await reason("killed", "GeneratorKilled");
  refuses(found, "GeneratorKilled", /^k6 was killed .*exit code 137/);
  assert.equal(
    found.status?.history?.map(({ outcome }) => outcome),
    ["GeneratorKilled", "Valid"],
  );
});

test("whose generator's pod is deleted is none", async () => {
  const pod = await remeasured("deleted");
  await kubectl("delete", "pod", pod.metadata!.name!, "-n", demo, "--grace-period=1");
  refuses(await reason("deleted", "GeneratorKilled"), "GeneratorKilled", /^the k6 pod/);
});

test("whose generator stood still, so that the rate was not reached, is none", async () => {
  await deploy("paused", { benchmark: { ...rate, duration: "15s" } });
  const pod = (await underway("paused")).metadata?.name ?? "";
  const asked = "until pidof k6; do sleep 0.1; done; sleep 6";
  const still = `${asked}; kill -STOP $(pidof k6); sleep 20; kill -CONT $(pidof k6)`;
  await kubectl("exec", pod, "-n", demo, "--", "sh", "-c", still);
  const found = await reason("paused", "RateNotReached", "DroppedIterations");
  // When it goes on, k6 either finds that its time is over or drops what is late.
  const outcome = conditionOf(found, "Benchmarked")?.reason ?? "";
  refuses(found, outcome, /less than 95% of 10\/s|at 10\/s could not be started in time/);
});

test("whose generator cannot start all requests is none", async () => {
  await deploy("dropped", { benchmark: { ...rate, rate: "99999/s" } });
  const found = await reason("dropped", "DroppedIterations");
  refuses(found, "DroppedIterations", /requests at 99999\/s could not be started/);
});

test("of wrong answers is none", async () => {
  const table = { shape: [3, 3], data: new Float32Array(9).fill(1) };
  const wrong = await source("wrong", intents({ constants: { table } }));
  await deploy("wrong", { model: wrong });
  const found = await reason("wrong", "WrongAnswers");
  refuses(found, "WrongAnswers", /answers were wrong: the probabilities do not add up to 1/);
});

test("in which every request failed is none", async () => {
  const unknown = { name: "id", datatype: "INT64", shape: [1], data: [99] };
  const payloads = await text("unknown", "payloads.jsonl", JSON.stringify({ inputs: [unknown] }));
  await deploy("refusing", {
    model: await source("refusing", lookup()),
    benchmark: { ...rate, payloads },
  });
  refuses(
    await reason("refusing", "EveryRequestFailed"),
    "EveryRequestFailed",
    /^all \d+ requests/,
  );
});

test("of a script that asks nothing is none", async () => {
  const script = await text("idle", "script.js", "export default function () {}\n");
  await deploy("idle", { benchmark: { scenario: "Script", warmUp: "0s", script } });
  const found = await reason("idle", "GeneratorFailed");
  refuses(found, "GeneratorFailed", /a script exports handleSummary/);
});

test("of a script or payloads that are not there is none, at once", async () => {
  const script = { configMap: { name: "nowhere", key: "script.js" } };
  await deploy("unwritten", { benchmark: { scenario: "Script", warmUp: "0s", script } });
  refuses(await reason("unwritten", "GeneratorFailed"), "GeneratorFailed", /script\.js/);
  const payloads = { configMap: { name: "nowhere", key: "payloads.jsonl" } };
  await deploy("unfilled", { benchmark: { ...rate, payloads } });
  refuses(await reason("unfilled", "GeneratorFailed"), "GeneratorFailed", /payloads\.jsonl/);
});

test("of a script of one's own has figures", async () => {
  const lines = [
    'import { ask, measured } from "/benchmarks/script.ts";',
    'export { setup, teardown, handleSummary } from "/benchmarks/script.ts";',
    "export const options = measured({ vus: 2, iterations: 20 });",
    "export default function () { ask(); }",
  ];
  const script = await text("own", "script.js", lines.join("\n"));
  await deploy("own", { benchmark: { scenario: "Script", warmUp: "0s", script } });
  const { status } = await condition(demo, "own", "Benchmarked");
  assert.is(status?.benchmark?.requests, 20);
});

test.run();
