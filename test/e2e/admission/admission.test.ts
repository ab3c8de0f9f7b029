import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { invalidSpecs } from "./invalid-specs.ts";
import { ask, pathOf } from "../api.ts";
import { apply, intentModel, kubectl, namespacedSuite } from "../world.ts";

const demo = "admission-test";
const test = namespacedSuite("Admission", demo, 60_000);

/** Sends YAML with strict validation; the API server does everything but store it. */
function create(yaml: string): Promise<string> {
  const query = { dryRun: "All", fieldValidation: "Strict" };
  const question = { method: "POST", query, body: yaml, type: "application/yaml" };
  return ask(pathOf("mdep", demo), question);
}

function yaml(name: string, spec: string): string {
  const head = "apiVersion: intendant.dev/v1alpha1\nkind: ModelDeployment";
  return `${head}\nmetadata: {name: ${name}}\n${spec && `spec: ${spec}\n`}`;
}

async function admitted(spec: string): Promise<ModelDeployment["spec"]> {
  return (JSON.parse(await create(yaml("right", spec))) as ModelDeployment).spec;
}

async function refusal(name: string, spec: string): Promise<string> {
  try {
    await create(yaml(name, spec));
  } catch (error) {
    return String(error);
  }
  throw new Error("it was accepted");
}

for (const [title, spec, says] of invalidSpecs) {
  test(`refuses ${title}`, async () => assert.match(await refusal("wrong", spec), says));
}

const names: [name: string, says: RegExp][] = [
  ["a".repeat(41), /at most 40 lower case letters/],
  ["9lives", /beginning with a letter/],
  ["intent.fr", /letters, digits and hyphens/],
];

for (const [name, says] of names) {
  test(`refuses the name ${name}`, async () => {
    assert.match(await refusal(name, "{model: {bundled: intent-fr}}"), says);
  });
}

const autoscaling = {
  minReplicas: 1,
  maxReplicas: 2,
  target: "Utilization",
  headroom: "70%",
  targetCPUUtilization: 80,
} as const;
const sha256 = "0".repeat(64);

/** Corners of what is right. */
const valid: [title: string, spec: string][] = [
  ["a ConfigMap with dots", "{model: {configMap: {name: iris.v2, key: .model_2.onnx}}}"],
  ["a path with dots", "{model: {persistentVolumeClaim: {claimName: a, path: v1..2/.m/a b.onnx}}}"],
  [
    "an address with a query",
    `{model: {url: {location: "https://a:9000/b?c=d/e&f=@"}, sha256: "${sha256}"}}`,
  ],
  [
    "an address of IPv6",
    `{model: {url: {location: "http://[fd00::1]:9000/m.onnx"}, sha256: "${sha256}"}}`,
  ],
  [
    "a size as a number",
    `{model: {url: {location: "http://a/m", maxSize: 1048576}, sha256: "${sha256}"}}`,
  ],
  [
    "an image with port, tag and digest",
    `{model: {image: {reference: "localhost:5000/a/b__c:V1@sha256:${sha256}"}}}`,
  ],
  ["no pods", "{model: {bundled: a}, replicas: 0}"],
  ["as few as many", "{model: {bundled: a}, autoscaling: {minReplicas: 3, maxReplicas: 3}}"],
  [
    "quantities of all kinds",
    "{model: {bundled: a}, resources: {requests: {cpu: 2, memory: 0.5Gi}, limits: {cpu: '2.5', memory: 2147483648}}}",
  ],
  ["the least quantities", "{model: {bundled: a}, resources: {requests: {cpu: 1m, memory: 32Mi}}}"],
  ["an empty value", "{model: {bundled: a}, server: {env: [{name: _a, value: ''}]}}"],
  [
    "every toleration",
    "{model: {bundled: a}, pod: {tolerations: [{operator: Exists}, {key: a.example/b, value: ''}]}}",
  ],
  [
    "labels with domains",
    "{model: {bundled: a}, pod: {nodeSelector: {node.kubernetes.io/instance-type: m5.large, a: ''}}}",
  ],
  ["an affinity", "{model: {bundled: a}, pod: {affinity: {podAntiAffinity: {}}}}"],
  [
    "a host with a star",
    "{model: {bundled: a}, expose: {ingress: {host: '*.a.example', path: /a/}}}",
  ],
  ["a host of one word", "{model: {bundled: a}, expose: {ingress: {host: localhost}}}"],
  [
    "two listeners",
    "{model: {bundled: a}, expose: {httpRoute: {parentRefs: [{name: a, sectionName: b}, {name: a, sectionName: c}]}}}",
  ],
  [
    "one name in two namespaces",
    "{model: {bundled: a}, expose: {httpRoute: {parentRefs: [{name: a}, {name: a, namespace: b}]}}}",
  ],
  [
    "a gate",
    "{model: {bundled: a}, rollout: {gate: SLO, deadline: 24h}, slo: {errorRate: 0%}, benchmark: {}}",
  ],
  ["the longest deadline", "{model: {bundled: a}, rollout: {deadline: 86400s, historyLimit: 0}}"],
  ["the longest latency", "{model: {bundled: a}, slo: {p95: 30s, errorRate: 100%}}"],
  ["a fine latency", "{model: {bundled: a}, slo: {p95: 0.5us}}"],
  ["capture with all defaults", "{model: {bundled: a}, capture: {databaseSecret: {name: a.b}}}"],
  [
    "capture of the least",
    "{model: {bundled: a}, capture: {databaseSecret: {name: a, key: A_b}, sample: 0.01%, fields: [], retention: 1h, redact: []}}",
  ],
  [
    "the longest memory",
    "{model: {bundled: a}, capture: {databaseSecret: {name: a}, sample: 99.9%, retention: 87600h}}",
  ],
  [
    "enrichment from everywhere",
    `{model: {bundled: a}, capture: {databaseSecret: {name: a}}, enrichment: {model: {url: {location: "http://a/m"}, sha256: "${sha256}"}, idle: {maxRequestsPerSecond: 0, for: 24h}}}`,
  ],
  [
    "users who do not think",
    "{model: {bundled: a}, benchmark: {duration: 60m, users: 1000, thinkTime: {min: 0s, max: 0ms}}}",
  ],
];

for (const [title, spec] of valid) {
  test(`takes ${title}`, async () => void (await admitted(spec)));
}

test("refuses `kubectl scale` where an autoscaler decides", async () => {
  await apply(intentModel("scaled", demo, { paused: true, autoscaling }));
  const scaling = kubectl("scale", "mdep/scaled", "-n", demo, "--replicas=3");
  await scaling.then(
    () => assert.unreachable("it was accepted"),
    (error: Error) => assert.match(error.message, /replicas and autoscaling exclude each other/),
  );
});

test("fills in what was left out", async () => {
  const spec = await admitted("{model: {bundled: intent-fr}, resources: null, benchmark: {}}");
  assert.equal(spec.resources, { requests: { cpu: "250m", memory: "1Gi" } });
  assert.equal(spec.rollout, { gate: "None", deadline: "5m", historyLimit: 1 });
  assert.equal(spec.benchmark, { scenario: "Users", warmUp: "5s" });
});

test("fills in what was left out of capture and enrichment", async () => {
  const { capture, enrichment } = await admitted(
    "{model: {bundled: a}, capture: {databaseSecret: {name: db}}, enrichment: {model: {bundled: b}}}",
  );
  assert.equal(capture, {
    databaseSecret: { name: "db", key: "uri" },
    sample: "100%",
    fields: ["Answer", "Duration"],
    retention: "720h",
    redact: ["EmailAddresses", "PhoneNumbers", "CardNumbers"],
  });
  assert.equal(enrichment, {
    model: { bundled: "b" },
    batchSize: 5000,
    parallelism: 1,
    idle: { maxRequestsPerSecond: 1, for: "5m" },
    resources: { requests: { cpu: "250m", memory: "1Gi" } },
  });
});

test("takes settings of the server", async () => {
  const env = "[{name: LOG_LEVEL, value: debug}]";
  const spec = await admitted(`{model: {bundled: intent-fr}, server: {env: ${env}}}`);
  assert.equal(spec.server, { grpc: false, env: [{ name: "LOG_LEVEL", value: "debug" }] });
});

test.run();
