import { spawn, type ChildProcess } from "node:child_process";
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { hasDrifted } from "../../../operator/src/plan/drift.ts";
import { collectionPath, objectPath } from "../../../operator/src/kube/paths.ts";
import { kinds, type Kind, type KubeObject } from "../../../operator/src/kube/resource.ts";
import { plan } from "../../../operator/src/plan/plan.ts";
import { benchmarkJob } from "../../../operator/src/resources/benchmark-job.ts";
import { enrichmentJob } from "../../../operator/src/resources/enrichment-job.ts";
import { kubeconfigPath, toolPath } from "../../../tools/cluster/programs/tools.ts";
import { installation, observed, run } from "../../operator/fixtures.ts";
import { namespacedSuite } from "../world.ts";

const demo = "admitted-test";
const test = namespacedSuite("Whatever admission takes", demo, 240_000);

/** The spec in four shapes, so that every field is in one of them. */
const whole = {
  model: { bundled: "intent-fr" },
  replicas: 2,
  resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } },
  server: { image: "a", env: [{ name: "A", value: "b" }] },
  pod: {
    annotations: { a: "b" },
    nodeSelector: { a: "b" },
    tolerations: [
      { key: "a", operator: "Equal", value: "b", effect: "NoExecute", tolerationSeconds: 5 },
    ],
    affinity: { podAntiAffinity: {} },
    priorityClassName: "a",
    imagePullSecrets: [{ name: "a" }],
  },
  expose: {
    ingress: {
      host: "a.b",
      path: "/a",
      className: "a",
      tlsSecretName: "a",
      annotations: { a: "b" },
    },
  },
  rollout: { gate: "SLO", deadline: "5m", historyLimit: 1 },
  slo: { p95: "5ms", errorRate: "1%" },
  benchmark: {
    scenario: "Users",
    duration: "60s",
    users: 3,
    thinkTime: { min: "1s", max: "2s" },
  },
};
const { replicas: _, ...unscaled } = whole;
const scaled = {
  ...unscaled,
  autoscaling: { minReplicas: 1, maxReplicas: 2, targetCPUUtilization: 80 },
  benchmark: { scenario: "Rate", rate: "5/s", duration: "60s" },
};
const enriched = {
  model: { bundled: "intent-fr" },
  capture: {
    databaseSecret: { name: "a", key: "uri", caKey: "ca.crt" },
    sample: "10%",
    fields: ["Answer"],
    retention: "1h",
    redact: ["CardNumbers"],
  },
  enrichment: {
    model: { configMap: { name: "a", key: "b" } },
    batchSize: 5,
    parallelism: 2,
    idle: { maxRequestsPerSecond: 1, for: "10s" },
    resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } },
    placement: {
      nodeSelector: { a: "b" },
      tolerations: [{ key: "a", operator: "Equal", value: "b", effect: "NoSchedule" }],
      priorityClassName: "a",
    },
  },
};
const withCA = {
  ...enriched,
  capture: { databaseSecret: { name: "a" }, databaseCASecret: { name: "a", key: "b" } },
};
const fromConfigMap = { ...whole, model: { configMap: { name: "a", key: "b" } } };

/** Texts that one rule of Kubernetes or another refuses, and their neighbours that it takes. */
const texts = [
  ["", " ", "a", "A", "-a", "a-", "a b", "é", "a\nb", "$(A)", "1", "007", "true", "*", "%"],
  ["a.b", "a..b", ".a", "a.", "..", "a_b", "a--b", "a__b", "a___b", "a-.b", "xn--a", "*.a.b"],
  ["x".repeat(63), "x".repeat(64), "x".repeat(253), `${"x".repeat(63)}.${"y".repeat(64)}`],
  ["/", "/a", "/a/", "//", "/a/..", "/.a", "/é", "/a%", "/a%2Fb", "/a%20b", "/a;b", "/a'b"],
  ["a/b", "a/b/c", "example.com/x", "Example.com/x", `a/${"x".repeat(64)}`, "k8s.io/"],
  ["10.0.0.1", "1.2.3", "[::1]:5/a", "a:b", "a:5000/b", "A.b/c", `a@sha256:${"0".repeat(64)}`],
  ["250m", "0.5m", "1.5", "1.0005", ".5", "5.", "+5", "1e3", "0.1Gi", "33554432000m", "64Ti"],
  ["10s", "24h", "86400s", "30000ms", "0.5us", "99999/s", "100%", "0.0001%"],
].flat();
const values = fc.oneof(fc.constantFrom(...texts), fc.string(), fc.integer());

type Path = string[];

function leaves(value: object, path: Path = []): Path[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "object" ? leaves(inner, [...path, key]) : [[...path, key]],
  );
}

/** Puts another value, or in a map another key, to the end of a path. */
function changed(spec: object, path: Path, value: unknown): object {
  const copy = structuredClone(spec);
  const last = path.at(-1)!;
  const parent = path.slice(0, -1).reduce((at, key) => (at as Record<string, object>)[key]!, copy);
  const isMap = ["annotations", "nodeSelector"].includes(path.at(-2) ?? "");
  if (isMap && typeof value === "string" && value.length % 2 === 1) {
    delete (parent as Record<string, unknown>)[last];
    Object.assign(parent, { [value]: "b" });
  } else Object.assign(parent, { [last]: value });
  return copy;
}

const specs = fc
  .constantFrom(whole, scaled, fromConfigMap, enriched, withCA)
  .chain((spec) => fc.tuple(fc.constant(spec), fc.constantFrom(...leaves(spec)), values))
  .map(([spec, path, value]) => changed(spec, path, value));

let proxy: ChildProcess;
let address = "";

test.before(async () => {
  const env = { ...process.env, PATH: toolPath(), KUBECONFIG: kubeconfigPath() };
  proxy = spawn("kubectl", ["proxy", "--port=0"], { env, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of proxy.stdout!) {
    address = /127\.0\.0\.1:\d+/.exec(String(line))?.[0] ?? "";
    if (address) return;
  }
  throw new Error("kubectl proxy ended");
});

test.after(() => void proxy.kill());

/** Asks the API server to do everything but store an object. */
async function tried(method: string, path: string, type: string, body: object) {
  const url = `http://${address}${path}?dryRun=All&fieldManager=test&fieldValidation=Strict`;
  const force = method === "PATCH" ? "&force=true" : "";
  const headers = { "content-type": type };
  const answer = await fetch(url + force, { method, headers, body: JSON.stringify(body) });
  const object = (await answer.json()) as KubeObject & { message?: string };
  return { isTaken: answer.ok, status: answer.status, object, message: object.message ?? "" };
}

function admission(spec: object) {
  const { kind } = kinds.modelDeployment;
  const metadata = { name: "a", namespace: demo };
  const model = { apiVersion: "intendant.dev/v1alpha1", kind, metadata, spec };
  const path = collectionPath(kinds.modelDeployment, demo);
  return tried("POST", path, "application/json", model);
}

/** What the operator would make of it in an empty world, and what runs in it after that. */
function children(model: ModelDeployment): KubeObject[] {
  const world = observed({ source: { sha256: "0".repeat(64) } });
  const { apply, expose } = plan(model, world, { ...installation, now });
  const { benchmark, enrichment } = model.spec;
  const { images } = installation;
  const addresses = ["10.0.0.1"];
  const measured = benchmark ? [benchmarkJob(model, benchmark, run, { images, addresses })] : [];
  const means = { images, sha256: "0".repeat(64), attempt: 1 };
  const labelled = enrichment ? [enrichmentJob(model, enrichment, means)] : [];
  return [...apply, ...expose, ...measured, ...labelled];
}

const now = new Date("2026-10-01T12:00:00Z");

async function refusesNone(model: ModelDeployment): Promise<void> {
  for (const object of children(model)) {
    const kind = Object.values(kinds).find(({ kind }) => kind === object.kind) as Kind;
    const path = objectPath(kind, { namespace: demo, name: object.metadata!.name! });
    const answer = await tried("PATCH", path, "application/apply-patch+yaml", object);
    assert.ok(answer.isTaken, `${kind.kind}: ${answer.message}`);
    assert.not(hasDrifted(answer.object, object), `${kind.kind} would be applied for ever`);
  }
}

test("is taken as child objects too, and once applied stays as it is", async () => {
  let admitted = 0;
  const holds = fc.asyncProperty(specs, async (spec) => {
    const { isTaken, status, message, object } = await admission(spec);
    if (!isTaken) return assert.ok(status < 500 && /spec/.test(message), `${status} ${message}`);
    admitted += 1;
    await refusesNone(object as ModelDeployment);
  });
  await fc.assert(holds, { numRuns: 300 });
  assert.ok(admitted > 30, `only ${admitted} specs were admitted`);
});

test.run();
