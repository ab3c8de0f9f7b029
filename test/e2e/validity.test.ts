import type { V1Deployment } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../operator/src/api.ts";
import { intents, lookup } from "../support/models.ts";
import { conditionOf, longer, measurementsOf, rate, small } from "./measurements.ts";
import {
  apply,
  ask,
  condition,
  eventually,
  kubectl,
  list,
  namespacedSuite,
  read,
} from "./world.ts";

const demo = "validity-test";
const test = namespacedSuite("A measurement", demo, 300_000);
const { deploy, model, reason, recorded, underway, request, jobs } = measurementsOf(demo);

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

/** There is no figure, no pipeline goes on, and the message says what happened. */
function refuses(found: ModelDeployment, outcome: string, says: RegExp): void {
  const { status, message = "" } = conditionOf(found, "Benchmarked") ?? {};
  assert.is(status, "False");
  assert.match(message, says);
  assert.is(found.status?.benchmark, undefined);
  assert.is(conditionOf(found, "WithinSLO")?.status, "Unknown");
  assert.is(found.status?.history?.[0]?.outcome, outcome);
}

/** The model has been measured, and is being measured for longer. */
async function remeasured(name: string): Promise<{ pod: string }> {
  await deploy(name, { slo: { p95: "5s" } });
  await condition(demo, name, "WithinSLO");
  await deploy(name, { slo: { p95: "5s" }, benchmark: longer });
  const pod = await underway(name);
  return { pod: pod.metadata?.name ?? "" };
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

test("of which nothing is wrong has figures, a history and a report", async () => {
  await deploy("fine", { slo: { p95: "5s", errorRate: "0%" } });
  const { status } = await condition(demo, "fine", "WithinSLO");
  const { benchmark, history = [], serving } = status!;
  assert.is(benchmark?.revision, serving?.revision);
  assert.is(benchmark?.sha256, serving?.sha256);
  assert.ok(benchmark?.cpuPerRequest, "the pods told what they spent");
  assert.equal(
    history.map(({ trigger, outcome }) => `${trigger} ${outcome}`),
    ["Change Valid"],
  );
  type Report = { data: Record<string, string> };
  const report = await read<Report>("configmap", demo, benchmark?.report ?? "");
  assert.match(report?.data["report.html"] ?? "", /<!doctype html>/);
});

test("is made on request, once for each, and keeps no more Jobs than three", async () => {
  for (const count of [2, 3, 4, 5]) {
    await request("fine");
    const { status, metadata } = await recorded("fine", count);
    assert.is(status?.history?.[0]?.trigger, "Request");
    assert.is(metadata.annotations?.["intendant.dev/benchmark"], undefined);
  }
  const { status } = await model("fine");
  assert.is(status?.measureRequestedAt, undefined);
  await eventually("three Jobs are left", 60, async () => (await jobs("fine")).length === 3);
  const reports = status?.history?.flatMap(({ report }) => report ?? []) ?? [];
  assert.is(reports.length, 3);
  const selector = "app.kubernetes.io/name=benchmark,intendant.dev/model=fine";
  const found = await list<{ metadata: { name: string } }>("configmap", demo, selector);
  assert.equal(found.map(({ metadata }) => metadata.name).sort(), reports.sort());
});

test("disturbs no model that is at rest, and one at rest costs nothing", async () => {
  const served = async () => {
    const pods = await list<{ metadata: { name: string } }>(
      "pod",
      demo,
      "app.kubernetes.io/name=model-server,intendant.dev/model=fine",
    );
    const path = `/api/v1/namespaces/${demo}/pods/${pods[0]?.metadata.name}:9090/proxy/metrics`;
    const metrics = await kubectl("get", "--raw", path);
    return metrics.split("\n").filter((line) => /^intendant_server_.*_count/.test(line));
  };
  const before = await model("fine");
  const [made, asked] = [await jobs("fine"), await served()];
  await deploy("other");
  await condition(demo, "other", "Benchmarked");
  assert.is((await model("fine")).metadata.resourceVersion, before.metadata.resourceVersion);
  assert.equal(await jobs("fine"), made);
  assert.ok(asked.length > 0);
  assert.equal(await served(), asked);
});

test("of two models is not made at the same time", async () => {
  const names = ["one", "two"];
  for (const name of names) await deploy(name);
  for (const name of names) await condition(demo, name, "Benchmarked", 180);
  const found = (await Promise.all(names.map(jobs))).flat();
  const ends = found.map(({ status }) => Date.parse(String(status?.completionTime)));
  const begins = found.map(({ status }) => Date.parse(String(status?.startTime)));
  assert.is(found.length, 2);
  assert.ok(Math.min(...ends) <= Math.max(...begins), `they overlap: ${JSON.stringify(found)}`);
});

test("whose generator is made to wait for CPU is none", async () => {
  // As much as k6 asks for, which is not enough.
  await limits({ cpu: "250m" });
  await deploy("throttled", { benchmark: { ...rate, rate: "300/s" } });
  refuses(await reason("throttled", "GeneratorThrottled"), "GeneratorThrottled", /CPU limit in \d/);
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
  const { pod } = await remeasured("killed");
  await kubectl("exec", pod, "-n", demo, "--", "sh", "-c", "kill -9 $(pidof k6)");
  const found = await reason("killed", "GeneratorKilled");
  refuses(found, "GeneratorKilled", /^k6 was killed .*exit code 137/);
  assert.equal(
    found.status?.history?.map(({ outcome }) => outcome),
    ["GeneratorKilled", "Valid"],
  );
});

test("whose generator's pod is deleted is none", async () => {
  const { pod } = await remeasured("deleted");
  await kubectl("delete", "pod", pod, "-n", demo, "--grace-period=1");
  refuses(await reason("deleted", "GeneratorKilled"), "GeneratorKilled", /^the pod of k6/);
});

test("whose generator stood still, so that the rate was not reached, is none", async () => {
  await deploy("paused", { benchmark: { ...rate, duration: "15s" } });
  const pod = (await underway("paused")).metadata?.name ?? "";
  const asked = "until pidof k6; do sleep 0.1; done; sleep 6";
  const still = `${asked}; kill -STOP $(pidof k6); sleep 20; kill -CONT $(pidof k6)`;
  await kubectl("exec", pod, "-n", demo, "--", "sh", "-c", still);
  const found = await reason("paused", "RateNotReached", "DroppedIterations");
  refuses(found, "RateNotReached", /less than 95% of 10\/s/);
});

test("whose generator cannot start all requests is none", async () => {
  await deploy("dropped", { benchmark: { ...rate, rate: "99999/s" } });
  const found = await reason("dropped", "DroppedIterations");
  refuses(found, "DroppedIterations", /requests of the 99999\/s could not be started/);
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

test("of a revision that loses the traffic is broken off, stale, and made anew", async () => {
  await remeasured("changed");
  await deploy("changed", { benchmark: longer, resources: small(300), slo: { p95: "5s" } });
  const stale = await reason("changed", "Stale");
  assert.is(stale.status?.benchmark, undefined);
  const broken = await eventually("the run is in the history", 60, async () => {
    const found = await model("changed");
    return found.status?.history?.[0]?.outcome === "RevisionChanged" && found;
  });
  assert.is(conditionOf(broken, "WithinSLO")?.status, "Unknown");
  const after = await condition(demo, "changed", "WithinSLO", 180);
  assert.is(after.status?.benchmark?.revision, after.status?.serving?.revision);
  assert.equal(
    after.status?.history?.map(({ outcome }) => outcome),
    ["Valid", "RevisionChanged", "Valid"],
  );
});

test("of which a pod goes away meanwhile is none", async () => {
  await remeasured("restarted");
  const selector = "app.kubernetes.io/name=model-server,intendant.dev/model=restarted";
  await kubectl("delete", "pod", "-n", demo, "-l", selector, "--wait=false");
  refuses(await reason("restarted", "PodRestarted"), "PodRestarted", /went away|started/);
});

test("of which the number of pods changes meanwhile is none, and made anew for the new number", async () => {
  await remeasured("scaled");
  await kubectl("scale", "mdep/scaled", "-n", demo, "--replicas=2");
  const found = await eventually("the run is in the history", 60, async () => {
    const { status } = await model("scaled");
    return status?.history?.[0]?.outcome === "ReplicasChanged" && status;
  });
  assert.match(found.history?.[0]?.message ?? "", /from 1 to 2/);
  const { status } = await condition(demo, "scaled", "Benchmarked", 180);
  assert.is(status?.benchmark?.replicas, 2);
});

test("of which an autoscaler adds pods meanwhile is none", async () => {
  const autoscaling = {
    minReplicas: 1,
    maxReplicas: 2,
    target: "Utilization",
    headroom: "70%",
    targetCPUUtilization: 80,
  } as const;
  await deploy("elastic", { autoscaling, benchmark: longer });
  await underway("elastic");
  const selector = "intendant.dev/model=elastic";
  const [deployment] = await list<V1Deployment>("deployment", demo, selector);
  await kubectl("scale", `deployment/${deployment?.metadata?.name}`, "-n", demo, "--replicas=2");
  refuses(await reason("elastic", "ReplicasChanged"), "ReplicasChanged", /from 1 to 2/);
});

test("is made by schedule, and not before", async () => {
  await deploy("nightly", { benchmark: { ...rate, schedule: "* * * * *" } });
  const { status } = await recorded("nightly", 2);
  assert.equal(
    status?.history?.map(({ trigger, outcome }) => `${trigger} ${outcome}`),
    ["Schedule Valid", "Change Valid"],
  );
  await deploy("nightly", { benchmark: { ...rate, schedule: "0 0 30 2 *" } });
  const stalled = await condition(demo, "nightly", "Stalled");
  assert.match(conditionOf(stalled, "Stalled")?.message ?? "", /never comes/);
  assert.is(conditionOf(stalled, "Benchmarked")?.status, "True", "when is not how");
});

test("does not keep a model from answering", async () => {
  const answer = await ask<unknown[]>(demo, "fine", "/api/intent?sentence=bonjour");
  assert.ok(answer.length > 0);
});

test.run();
