import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as assert from "uvu/assert";
import { parse, stringify } from "yaml";
import {
  type ModelDeployment,
  type ModelDeploymentStatus,
} from "../../operator/src/api/model-deployment.ts";
import { reasons, type ConditionType } from "../../operator/src/api/reasons.ts";
import { Metrics } from "../../operator/src/telemetry/metrics.ts";
import { figures, intentFr } from "../operator/fixtures.ts";
import { suite } from "../support/suite.ts";
import { chart } from "./helm.ts";
import { prometheus } from "../../tools/chart-programs/programs.ts";

const test = suite("The alerts", 30_000);

let promtool = "";
test.before(async () => {
  promtool = (await prometheus()).tool;
});

interface Alert {
  alert: string;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const file = resolve(chart, "files/alerts.yaml");
const alerts: Alert[] = parse(readFileSync(file, "utf8")).groups[0].rules;
const known = (name: string) => alerts.find(({ alert }) => alert === name)!;

/** The operator's metrics for models as they are now; undefined when there is no operator. */
type World = { isLeader: boolean; models: ModelDeployment[] } | undefined;

/** Series as Prometheus has them once it has collected from the operator, with `honor_labels`. */
async function series(world: World): Promise<string[]> {
  if (!world) return [];
  const text = await new Metrics().text({ queueDepth: 0, ...world });
  const samples = [...text.matchAll(/^(intendant_\w+)(?:\{(.*)\})? (\S+)$/gm)];
  return samples.map(([, name = "", labels = "", value = ""]) => {
    const target = labels.includes('namespace="') ? "" : 'namespace="intendant-system"';
    const all = [labels, target].filter((part) => part !== "").join();
    return `${name}{${all}} ${value}+0x200`;
  });
}

/** What promtool says when an alert is to be in a state after so many minutes. */
function judged(all: string[], alert: Alert, minute: number, labels?: Record<string, string>) {
  const expected = labels && { ...labels, ...alert.labels };
  const filled = (text: string) =>
    text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => expected?.[label] ?? "");
  const annotations = Object.entries(alert.annotations).map(([key, text]) => [key, filled(text)]);
  const rule = {
    alertname: alert.alert,
    eval_time: `${minute}m`,
    exp_alerts: expected
      ? [{ exp_labels: expected, exp_annotations: Object.fromEntries(annotations) }]
      : [],
  };
  const input = all.map((line) => {
    const at = line.lastIndexOf(" ");
    return { series: line.slice(0, at), values: line.slice(at + 1) };
  });
  const tests = [{ interval: "1m", input_series: input, alert_rule_test: [rule] }];
  return promtoolRun({ rule_files: [file], evaluation_interval: "1m", tests });
}

function promtoolRun(unit: object): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "intendant-alerts-"));
  try {
    writeFileSync(join(folder, "unit.yaml"), stringify(unit));
    const args = ["test", "rules", join(folder, "unit.yaml")];
    const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: "utf8" });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const promise = { slo: { p95: "120ms" } };
const subject = { namespace: "demo", name: "intent-fr" };

function model(
  spec: Partial<ModelDeployment["spec"]>,
  conditions: Partial<Record<ConditionType, "True" | "False" | "Unknown">>,
  status: Partial<ModelDeploymentStatus> = {},
): World {
  const told = Object.entries(conditions).map(([type, is]) => ({
    type: type as ConditionType,
    status: is,
    reason: "Because",
    message: "",
    lastTransitionTime: "",
  }));
  return { isLeader: true, models: [intentFr(spec, { conditions: told, ...status })] };
}

const healthy = model(
  promise,
  { Ready: "True", Stalled: "False", Benchmarked: "True", WithinSLO: "True" },
  { benchmark: figures },
);

/** Each alert in worlds in which it fires, with its labels beside those of the file. */
const fires: [alert: string, title: string, world: World, labels: Record<string, string>][] = [
  ["IntendantOperatorDown", "nothing is collected", undefined, {}],
  ["IntendantOperatorDown", "nobody leads", { isLeader: false, models: [] }, {}],
  [
    "IntendantModelNotReady",
    "a model has no pods",
    model({}, { Ready: "False" }),
    { ...subject, type: "Ready", status: "False" },
  ],
  [
    "IntendantModelNotReady",
    "nobody knows whether it has",
    model({}, { Ready: "Unknown" }),
    { ...subject, type: "Ready", status: "Unknown" },
  ],
  [
    "IntendantRolloutStalled",
    "a rollout waits for a person",
    model({}, { Ready: "True", Stalled: "True" }),
    { ...subject, type: "Stalled", status: "True" },
  ],
  [
    "IntendantSLOMissed",
    "the measurement is worse than the promise",
    model(promise, { WithinSLO: "False", Benchmarked: "True" }, { benchmark: figures }),
    subject,
  ],
  [
    "IntendantBenchmarkStale",
    "there is a promise and no figure",
    model(promise, { Benchmarked: "False", WithinSLO: "Unknown" }),
    { ...subject, type: "Benchmarked", status: "False" },
  ],
  [
    "IntendantBenchmarkStale",
    "there is a promise about errors alone and no figure",
    model({ slo: { errorRate: "1%" } }, { Benchmarked: "False", WithinSLO: "Unknown" }),
    { ...subject, type: "Benchmarked", status: "False" },
  ],
];

/** Each alert in a world that is close to one in which it fires. */
const silent: [alert: string, title: string, world: World][] = [
  ["IntendantOperatorDown", "an operator leads", { isLeader: true, models: [] }],
  ["IntendantModelNotReady", "a rollout is stalled while the old revision serves", fires[4]![2]],
  ["IntendantRolloutStalled", "a model is only not ready", fires[2]![2]],
  ["IntendantSLOMissed", "there is no true figure", model(promise, { WithinSLO: "Unknown" })],
  [
    "IntendantBenchmarkStale",
    "nothing is promised",
    model({}, { Benchmarked: "False", WithinSLO: "Unknown" }),
  ],
];

test("are rules that Prometheus takes, without a complaint of its linter", () => {
  const args = ["check", "rules", "--lint=all", "--lint-fatal", file];
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: "utf8" });
  assert.is(status, 0, stdout + stderr);
  assert.match(stdout, `${alerts.length} rules found`);
});

for (const [name, title, world, labels] of fires) {
  const minutes = minutesOf(known(name).for);
  test(`${name} fires after more than ${known(name).for} when ${title}, and not before`, async () => {
    const all = await series(world);
    const before = judged(all, known(name), minutes - 1);
    assert.is(before.status, 0, before.output);
    const after = judged(all, known(name), minutes + 1, labels);
    assert.is(after.status, 0, after.output);
    const unexpected = judged(all, known(name), minutes + 1);
    assert.is.not(unexpected.status, 0, "promtool would pass anything");
  });
}

for (const [name, title, world] of silent) {
  test(`${name} does not fire when ${title}`, async () => {
    const { status, output } = judged(await series(world), known(name), 190);
    assert.is(status, 0, output);
  });
}

test("are silent, all of them, while all is well", async () => {
  const all = await series(healthy);
  for (const alert of alerts) {
    const { status, output } = judged(all, alert, 190);
    assert.is(status, 0, output);
  }
});

test("are each tried both ways", () => {
  const names = alerts.map(({ alert }) => alert).sort();
  for (const tried of [fires, silent]) {
    assert.equal([...new Set(tried.map(([name]) => name))].sort(), names);
  }
});

test("are the ones that a value can disable", () => {
  const schema = JSON.parse(readFileSync(`${chart}/values.schema.json`, "utf8"));
  const { disabled } = schema.properties.metrics.properties.prometheusRule.properties;
  assert.equal(disabled.items.enum.sort(), alerts.map(({ alert }) => alert).sort());
});

const runbooks = readFileSync("docs/runbooks.md", "utf8");

for (const { alert, annotations } of alerts) {
  test(`${alert} has a runbook`, () => {
    assert.is(annotations["runbook"], `docs/runbooks.md#${alert.toLowerCase()}`);
    assert.match(runbooks, new RegExp(`^## ${alert}$`, "m"));
  });
}

test("have no runbook of an alert that there is not", () => {
  const headings = [...runbooks.matchAll(/^## (\w+)$/gm)].map(([, heading = ""]) => heading);
  assert.equal(headings.sort(), alerts.map(({ alert }) => alert).sort());
});

test("have runbooks that speak of reasons that there are", () => {
  const rows = [...runbooks.matchAll(/^\| (.*?) +\|/gm)].map(([, cell = ""]) => cell);
  const named = rows.flatMap((cell) => [...cell.matchAll(/`([A-Z][a-z]+[A-Z]\w+)`/g)]);
  assert.ok(named.length > 10);
  for (const [, reason = ""] of named) assert.ok(reason in reasons, reason);
});

/** Of what is written as 5m or 2h. */
function minutesOf(duration: string): number {
  const [, count, unit] = /^(\d+)([mh])$/.exec(duration) ?? [];
  return Number(count) * (unit === "h" ? 60 : 1);
}

test.run();
