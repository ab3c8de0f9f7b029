import * as assert from "uvu/assert";
import type { Condition, ModelDeployment } from "../../operator/src/api/model-deployment.ts";
import { figures, intentFr } from "../operator/fixtures.ts";
import { suite } from "../support/suite.ts";
import { descendants, parseXml, type Element } from "../support/xml.ts";
import { withKubectl } from "./kubectl.ts";

const test = suite("The JUnit recipe", 60_000);

type Status = "True" | "False" | "Unknown";

function condition(type: string, status: Status, reason: string, message: string): Condition {
  const lastTransitionTime = "2026-10-01T12:00:00Z";
  return { type, status, reason, message, observedGeneration: 1, lastTransitionTime };
}

const ready = condition("Ready", "True", "Serving", "2/2 replicas are available");
const settled = condition("Reconciling", "False", "Settled", "everything matches the spec");
const measured = condition("Benchmarked", "True", "Measured", "P95 3.1ms over 102 requests");
const met = condition("WithinSLO", "True", "Met", "P95 3.1ms is within 120ms");
const missed = condition("WithinSLO", "False", "Missed", "P95 130ms is above 120ms");
const hostile = `k6 wrote something other than a measurement: <a href="x">'&]]>\u00e9`;

/** The document that kubectl makes of models. */
async function junit(models: ModelDeployment[], ...which: string[]): Promise<Element> {
  const template = "go-template-file=docs/guides/junit.tpl";
  const args = ["get", "mdep", ...which, "-n", "demo", "-o", template];
  const { code, stdout, stderr } = await withKubectl(() => models, "kubectl", args);
  assert.is(code, 0, stderr);
  assert.not.match(stdout, "no value");
  return parseXml(stdout);
}

const withConditions = (...conditions: Condition[]) => intentFr({}, { conditions });

/** Each case as `name`, or `name: element type: message`. */
function cases(document: Element): string[] {
  return descendants(document, "testcase").map(({ attributes, children }) => {
    const [result] = children;
    if (!result || result.name === "system-out") return `${attributes["name"]}`;
    const { type = "-", message } = result.attributes;
    return `${attributes["name"]}: ${result.name} ${type}: ${message}`;
  });
}

const silent = "error -: the status says nothing about it";

const rows: [string, ModelDeployment, string[]][] = [
  ["passes", withConditions(ready, settled, measured, met), ["Ready", "Benchmarked", "WithinSLO"]],
  [
    "fails where the SLO is missed",
    withConditions(ready, settled, measured, missed),
    ["Ready", "Benchmarked", "WithinSLO: failure Missed: P95 130ms is above 120ms"],
  ],
  [
    "fails where there is no figure, with its reason as it is",
    withConditions(
      ready,
      condition("Benchmarked", "False", "UnreadableMeasurement", hostile),
      condition("WithinSLO", "Unknown", "NotMeasured", "there is no figure"),
    ),
    [
      "Ready",
      `Benchmarked: failure UnreadableMeasurement: ${hostile}`,
      "WithinSLO: error NotMeasured: there is no figure",
    ],
  ],
  [
    "skips what nobody asked for",
    withConditions(
      ready,
      condition("Benchmarked", "False", "NotRequested", "spec.benchmark is not set"),
      condition("WithinSLO", "Unknown", "NoSLO", "spec.slo sets neither p95 nor errorRate"),
    ),
    [
      "Ready",
      "Benchmarked: skipped -: spec.benchmark is not set",
      "WithinSLO: skipped -: spec.slo sets neither p95 nor errorRate",
    ],
  ],
  [
    "does not pass while there is no status",
    intentFr(),
    ["Ready", "Benchmarked", "WithinSLO"].map((name) => `${name}: ${silent}`),
  ],
  [
    "does not pass where a condition is not there",
    withConditions(ready, measured),
    ["Ready", "Benchmarked", `WithinSLO: ${silent}`],
  ],
];
for (const [title, model, expected] of rows) {
  test(title, async () => {
    assert.equal(cases(await junit([model], "intent-fr")), expected);
  });
}

test("does not take a status of an earlier generation for one of this", async () => {
  const { metadata, ...model } = withConditions(ready, measured, met);
  const edited = { ...model, metadata: { ...metadata, generation: 2 } };
  const outdated = "error Outdated: the status does not speak of generation 2 yet";
  assert.equal(
    cases(await junit([edited], "intent-fr")),
    ["Ready", "Benchmarked", "WithinSLO"].map((name) => `${name}: ${outdated}`),
  );
});

test("carries the figures as properties", async () => {
  const conditions = [ready, measured, met];
  const benchmark = { ...figures, requests: 12_345_678 };
  const document = await junit([intentFr({}, { conditions, benchmark })], "intent-fr");
  const properties = descendants(document, "property").map(({ attributes }) => attributes);
  assert.equal(Object.fromEntries(properties.map(({ name, value }) => [name, value])), {
    revision: "aaaaaaaa",
    p50: "1.9ms",
    p95: "3.1ms",
    p99: "6.1ms",
    rps: "3.3",
    requests: "12345678",
    errors: "0",
  });
});

test("has a suite for each of several models", async () => {
  const one = withConditions(ready, measured, met);
  const other = withConditions(ready, measured, missed);
  const models = ["one", "two"].map((name, index) => {
    const { metadata, ...model } = index === 0 ? one : other;
    return { ...model, metadata: { ...metadata, name } };
  });
  const document = await junit(models);
  const suites = descendants(document, "testsuite").map(({ attributes }) => attributes);
  assert.equal(suites, [
    { name: "demo/one", tests: "3" },
    { name: "demo/two", tests: "3" },
  ]);
  assert.is(descendants(document, "failure").length, 1);
});

test("does not pass where there is no model", async () => {
  assert.equal(cases(await junit([])), ["exist: error -: there is none"]);
});

test.run();
