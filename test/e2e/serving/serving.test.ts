import type { CoreV1Event } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import {
  apply,
  ask,
  condition,
  described,
  example,
  kubectl,
  list,
  namespacedSuite,
} from "../world.ts";

const demo = "serving-test";
const test = namespacedSuite("A model that serves", demo, 240_000);
const labels = [
  "purchase",
  "find-restaurant",
  "irrelevant",
  "find-hotel",
  "provide-showtimes",
  "find-around-me",
  "find-train",
  "find-flight",
];

interface Intent {
  intent: string;
  probability: number;
}

const intent = (sentence: string) =>
  ask<Intent[]>(demo, "intent-fr", `/api/intent?sentence=${encodeURIComponent(sentence)}`);

test.before(async () => {
  // What is promised here is that it is measured: other tests keep the machine busy meanwhile.
  await apply(example("intent-fr", demo).replace("p95: 120ms", "p95: 10s"));
});

test("becomes Ready and says what it serves", async () => {
  const { metadata, spec, status } = await described(demo, "intent-fr");
  assert.is(status?.observedGeneration, metadata?.generation);
  assert.is(status?.url, `http://intent-fr.${demo}.svc`);
  assert.is(status?.replicas, spec.autoscaling?.minReplicas);
  assert.match(status?.serving?.revision ?? "", /^[0-9a-f]{8}$/);
  assert.match(status?.serving?.sha256 ?? "", /^[0-9a-f]{64}$/);
  assert.is(status?.serving?.inputs?.[0]?.datatype, "BYTES");
  for (const { observedGeneration } of status?.conditions ?? []) {
    assert.is(observedGeneration, metadata?.generation);
  }
});

test("reserves 1Gi of memory for each pod", async () => {
  const memory = "{.items[*].spec.containers[0].resources.requests.memory}";
  const pods = ["get", "pod", "-n", demo, "-l", "app.kubernetes.io/name=model-server"];
  assert.is(await kubectl(...pods, "-o", `jsonpath=${memory}`), "1Gi");
});

test("answers a French question with eight probabilities", async () => {
  const answer = await intent("Trouve-moi un hôtel pas cher à Lyon pour ce week-end");
  assert.equal(
    answer.map(({ intent }) => intent),
    labels,
  );
  const sum = answer.reduce((total, { probability }) => total + probability, 0);
  assert.ok(Math.abs(sum - 1) < 1e-3, `the probabilities add up to ${sum}`);
  const [best] = answer.toSorted((a, b) => b.probability - a.probability);
  assert.is(best?.intent, "find-hotel");
});

test("speaks French only, and says so", async () => {
  assert.equal(await ask(demo, "intent-fr", "/api/intent-supported-languages"), ["fr-FR"]);
});

test("speaks the Open Inference Protocol under its own name", async () => {
  const metadata = await ask<{ name: string; platform: string }>(
    demo,
    "intent-fr",
    "/v2/models/intent-fr",
  );
  assert.is(metadata.name, "intent-fr");
  assert.is(metadata.platform, "onnx_onnxv1");
});

test("publishes the P95 that k6 measured in a pod", async () => {
  const { status } = await condition(demo, "intent-fr", "Benchmarked", 180);
  const benchmark = status?.benchmark;
  assert.match(benchmark?.p95 ?? "", /^[0-9.]+(us|ms|s)$/);
  assert.is(benchmark?.revision, status?.serving?.revision);
  assert.is(benchmark?.loadModel, "closed");
  assert.is(benchmark?.errors, 0);
  // Ten users who think for three seconds on average ask 3.3 times a second.
  assert.ok((benchmark?.requests ?? 0) > 60, `only ${benchmark?.requests} requests`);
  await condition(demo, "intent-fr", "WithinSLO", 10);
});

test("published the figures that the k6 pod left, not others", async () => {
  const { status } = await condition(demo, "intent-fr", "Benchmarked");
  const message = "{.items[0].status.containerStatuses[0].state.terminated.message}";
  const pod = ["get", "pod", "-n", demo, "-l", "app.kubernetes.io/name=benchmark"];
  const left = JSON.parse(await kubectl(...pod, "-o", `jsonpath=${message}`));
  assert.is(status?.benchmark?.requests, left.requests);
  const p95 = Number.parseFloat(status?.benchmark?.p95 ?? "");
  assert.ok(
    Math.abs(p95 - left.latency.p95) / left.latency.p95 < 0.06,
    `${p95} ms is not ${left.latency.p95} ms`,
  );
});

test("shows it in `kubectl get mdep`", async () => {
  const [head, line] = (await kubectl("get", "mdep", "-n", demo)).split("\n");
  assert.equal(head?.trim().split(/\s{2,}/), [
    "NAME",
    "READY",
    "REVISION",
    "REPLICAS",
    "P95",
    "SLO",
    "CAPACITY",
    "AGE",
  ]);
  assert.match(line ?? "", /^intent-fr +True +[0-9a-f]{8} +1 +[0-9.]+m?s +True /);
});

test("tells its story in Events", async () => {
  const events = await list<CoreV1Event>("event", demo);
  const reasons = events
    .filter((event) => event.involvedObject.kind === "ModelDeployment")
    .map((event) => event.reason);
  assert.ok(reasons.includes("Promoted"), `there are only ${reasons.join()}`);
  assert.ok(reasons.includes("Measured"), `there are only ${reasons.join()}`);
});

test("leaves nothing behind when it is deleted", async () => {
  await kubectl("delete", "mdep", "intent-fr", "-n", demo, "--wait", "--cascade=foreground");
  const kinds = "deployment,replicaset,service,hpa,job,pod,endpointslice";
  await kubectl("wait", "--for=delete", "pod", "--all", "-n", demo, "--timeout=90s");
  assert.is(await kubectl("get", kinds, "-n", demo, "--ignore-not-found", "-o", "name"), "");
});

test.run();
