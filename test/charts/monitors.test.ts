import { spawnSync } from "node:child_process";
import * as assert from "uvu/assert";
import { stringify } from "yaml";
import { suite } from "../support/suite.ts";
import { rendered, type Manifest } from "./helm.ts";
import { monitors } from "../../tools/chart-programs/programs.ts";

const test = suite("What is for the Prometheus Operator", 30_000);

let program = "";
test.before(async () => {
  program = await monitors();
});

const kinds = ["PodMonitor", "PrometheusRule", "ServiceMonitor"];

function read(objects: Manifest[]) {
  const input = objects.map((object) => stringify(object)).join("---\n");
  const { status, stdout, stderr } = spawnSync(program, { input, encoding: "utf8" });
  return { status, kinds: stdout.trim().split("\n").sort(), stderr };
}

const monitored = (monitor: object, rule: object, more: object = {}) =>
  rendered({
    ...more,
    metrics: {
      serviceMonitor: { enabled: true, ...monitor },
      podMonitor: { enabled: true, ...monitor },
      prometheusRule: { enabled: true, ...rule },
    },
  }).filter(({ kind }) => kinds.includes(kind));

const full = {
  labels: { release: "prometheus" },
  interval: "30s",
  scrapeTimeout: "10s",
  relabelings: [{ action: "replace", sourceLabels: ["a"], targetLabel: "b", regex: "(.*)" }],
  metricRelabelings: [{ action: "drop", sourceLabels: ["__name__"], regex: "go_.*" }],
};
const rule = {
  labels: { release: "prometheus" },
  disabled: ["IntendantSLOMissed"],
  alertLabels: { team: "ml" },
  filesURL: "https://git.example.com/intendant/-/blob/main",
};

for (const [title, objects] of [
  ["the defaults", monitored({}, {})],
  ["every value", monitored(full, rule)],
  ["two namespaces", monitored({}, {}, { watchNamespaces: ["one", "two"] })],
] as const) {
  test(`has no field that it does not know, with ${title}`, () => {
    const found = read(objects);
    assert.is(found.status, 0, found.stderr);
    assert.equal(found.kinds, kinds);
  });
}

test("would be refused with one", () => {
  const wrong = monitored({ relabelings: [{ sourceLabel: ["a"] }] }, {});
  const { status, stderr } = read(wrong);
  assert.is(status, 1);
  assert.match(stderr, /unknown field ".*sourceLabel"/);
});

test.run();
