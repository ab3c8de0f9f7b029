import * as assert from "uvu/assert";
import { command, namespacedSuite } from "./world.ts";

const demo = "admission-test";
const test = namespacedSuite("Admission", demo, 60_000);

const server = (env: string) => `{model: {bundled: intent-fr}, server: {env: [${env}]}}`;

/** Each spec is refused, and the API server's answer says what to write instead. */
const refused: [title: string, spec: string, says: RegExp][] = [
  ["no spec", "", /spec: Required/],
  ["no model", "{}", /spec.model: Required/],
  ["no source", "{model: {}}", /name exactly one source of the model; write either bundled/],
  ["two sources", "{model: {bundled: intent-fr, configMap: {name: iris}}}", /exactly one source/],
  ["a path as bundled", "{model: {bundled: models/intent-fr.onnx}}", /without folder or ending/],
  ["a ConfigMap without name", "{model: {configMap: {key: a}}}", /configMap.name: Required/],
  ["a key with a slash", "{model: {configMap: {name: iris, key: a/b}}}", /ConfigMap key has only/],
  ["a short digest", "{model: {bundled: intent-fr, sha256: abc}}", /64 lower case hexadecimal/],
  [
    "an unknown field",
    "{model: {bundled: intent-fr}, autoscalling: {}}",
    /unknown field "spec.autoscalling"/,
  ],
  [
    "replicas beside autoscaling",
    "{model: {bundled: intent-fr}, replicas: 2, autoscaling: {maxReplicas: 3}}",
    /exclude each other/,
  ],
  [
    "negative replicas",
    "{model: {bundled: intent-fr}, replicas: -1}",
    /greater than or equal to 0/,
  ],
  ["no maxReplicas", "{model: {bundled: intent-fr}, autoscaling: {}}", /maxReplicas: Required/],
  [
    "min above max",
    "{model: {bundled: intent-fr}, autoscaling: {minReplicas: 4, maxReplicas: 3}}",
    /minReplicas is larger than maxReplicas/,
  ],
  [
    "a latency without unit",
    "{model: {bundled: intent-fr}, slo: {p95: '120'}}",
    /with its unit us, ms or s/,
  ],
  ["a latency of nothing", "{model: {bundled: intent-fr}, slo: {p95: 0ms}}", /a number above 0/],
  [
    "a latency as a number",
    "{model: {bundled: intent-fr}, slo: {p95: 120}}",
    /must be of type string/,
  ],
  [
    "an error rate without percent",
    "{model: {bundled: intent-fr}, slo: {errorRate: '0.001'}}",
    /write a percentage/,
  ],
  [
    "an error rate above 100%",
    "{model: {bundled: intent-fr}, slo: {errorRate: 120%}}",
    /write a percentage/,
  ],
  [
    "a CPU in words",
    "{model: {bundled: intent-fr}, resources: {requests: {cpu: two}}}",
    /write for example 250m/,
  ],
  [
    "no memory at all",
    "{model: {bundled: intent-fr}, resources: {requests: {memory: 0}}}",
    /write for example 512Mi/,
  ],
  [
    "memory in MB",
    "{model: {bundled: intent-fr}, resources: {limits: {memory: 512MB}}}",
    /write for example 512Mi/,
  ],
  [
    "a CPU limit below the request",
    "{model: {bundled: intent-fr}, resources: {limits: {cpu: 100m}}}",
    /limits.cpu is below requests.cpu/,
  ],
  [
    "a memory limit below the request",
    "{model: {bundled: intent-fr}, resources: {limits: {memory: 512Mi}}}",
    /limits.memory is below requests.memory/,
  ],
  [
    "an unknown scenario",
    "{model: {bundled: intent-fr}, benchmark: {scenario: Spike}}",
    /supported values: "Users", "Rate"/,
  ],
  [
    "a rate for users",
    "{model: {bundled: intent-fr}, benchmark: {rate: 5/s}}",
    /rate belongs to scenario Rate/,
  ],
  [
    "users for a rate",
    "{model: {bundled: intent-fr}, benchmark: {scenario: Rate, rate: 5/s, users: 3}}",
    /belong to scenario Users/,
  ],
  [
    "scenario Rate without rate",
    "{model: {bundled: intent-fr}, benchmark: {scenario: Rate}}",
    /for example rate: 50\/s/,
  ],
  [
    "a rate as a number",
    "{model: {bundled: intent-fr}, benchmark: {scenario: Rate, rate: '50'}}",
    /whole requests per second/,
  ],
  [
    "a duration without unit",
    "{model: {bundled: intent-fr}, benchmark: {duration: '60'}}",
    /whole seconds or minutes/,
  ],
  [
    "a duration of a second",
    "{model: {bundled: intent-fr}, benchmark: {duration: 1s}}",
    /from 5s to 60m/,
  ],
  [
    "a duration of a day",
    "{model: {bundled: intent-fr}, benchmark: {duration: 1440m}}",
    /from 5s to 60m/,
  ],
  [
    "no users",
    "{model: {bundled: intent-fr}, benchmark: {users: 0}}",
    /greater than or equal to 1/,
  ],
  [
    "a think time upside down",
    "{model: {bundled: intent-fr}, benchmark: {thinkTime: {min: 5s, max: 1s}}}",
    /thinkTime.min is longer/,
  ],
  [
    "a think time in minutes",
    "{model: {bundled: intent-fr}, benchmark: {thinkTime: {min: 1m, max: 2m}}}",
    /with its unit ms or s/,
  ],
  [
    "the port of gRPC as a setting",
    server("{name: GRPC_PORT, value: '9000'}"),
    /write server.grpc: true instead/,
  ],
  [
    "a model as a setting",
    server("{name: MODEL_PATH, value: /a.onnx}"),
    /write spec.model instead/,
  ],
  [
    "a port as a setting",
    server("{name: PORT, value: '80'}"),
    /rely on the default of PORT, OPS_PORT and DRAIN_SECONDS; remove this variable/,
  ],
  ["a setting with a hyphen", server("{name: LOG-LEVEL, value: info}"), /for example LOG_LEVEL/],
  ["a setting without value", server("{name: LOG_LEVEL}"), /value: Required/],
  ["a setting as a number", server("{name: A, value: 1}"), /must be of type string/],
  [
    "a setting twice",
    server("{name: LOG_LEVEL, value: info}, {name: LOG_LEVEL, value: debug}"),
    /env\[1\]: Duplicate value/,
  ],
  [
    "gRPC in words",
    "{model: {bundled: intent-fr}, server: {grpc: 'on'}}",
    /grpc: .*must be of type boolean/,
  ],
];

const names: [name: string, says: RegExp][] = [
  ["a".repeat(41), /at most 40 lower case letters/],
  ["9lives", /beginning with a letter/],
  ["intent.fr", /letters, digits and hyphens/],
];

function create(name: string, spec: string): Promise<string> {
  const head = "apiVersion: intendant.dev/v1alpha1\nkind: ModelDeployment";
  const yaml = `${head}\nmetadata: {name: ${name}, namespace: ${demo}}\n${spec && `spec: ${spec}\n`}`;
  return command(
    "kubectl",
    ["create", "--validate=strict", "--dry-run=server", "-o", "json", "-f", "-"],
    yaml,
  );
}

async function refusal(name: string, spec: string): Promise<string> {
  try {
    await create(name, spec);
  } catch (error) {
    return String(error);
  }
  throw new Error("it was accepted");
}

for (const [title, spec, says] of refused) {
  test(`refuses ${title}`, async () => assert.match(await refusal("wrong", spec), says));
}

for (const [name, says] of names) {
  test(`refuses the name ${name}`, async () => {
    assert.match(await refusal(name, "{model: {bundled: intent-fr}}"), says);
  });
}

test("fills in what was left out", async () => {
  const { spec } = JSON.parse(
    await create("right", "{model: {bundled: intent-fr}, benchmark: {}}"),
  );
  assert.equal(spec.resources, { requests: { cpu: "250m", memory: "1Gi" } });
  assert.equal(spec.benchmark, { scenario: "Users", duration: "60s" });
});

test("takes settings of the server", async () => {
  const { spec } = JSON.parse(await create("right", server("{name: LOG_LEVEL, value: debug}")));
  assert.equal(spec.server, { grpc: false, env: [{ name: "LOG_LEVEL", value: "debug" }] });
});

test("takes quantities as numbers and as strings", async () => {
  const resources = "{requests: {cpu: 2, memory: 1Gi}, limits: {cpu: 2500m, memory: 2147483648}}";
  await create("right", `{model: {bundled: intent-fr}, resources: ${resources}}`);
});

test.run();
