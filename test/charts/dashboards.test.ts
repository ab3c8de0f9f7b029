import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import * as assert from "uvu/assert";
import type { ModelDeploymentStatus } from "../../operator/src/api/model-deployment.ts";
import { Metrics as OperatorMetrics } from "../../operator/src/telemetry/metrics.ts";
import { createMetrics as serverMetrics } from "../../server/src/serve/service/metrics.ts";
import { figures, intentFr } from "../operator/fixtures.ts";
import { suite } from "../support/suite.ts";
import { chart, helm, only, rendered, type Manifest } from "./helm.ts";

const test = suite("The dashboards", 30_000);

const files = globSync(`${chart}/dashboards/*.json`).sort();
const dashboards = files.map((file) => ({
  file: basename(file),
  dashboard: JSON.parse(readFileSync(file, "utf8")),
}));
const enabled = (more: object = {}) => ({ grafana: { dashboard: { enabled: true, ...more } } });
const isDashboards = ({ metadata }: Manifest) => metadata.name.endsWith("-dashboards");

test("are not installed unless they are asked for", () => {
  assert.not(rendered().some(isDashboards));
});

test("are in a ConfigMap that Grafana's sidecar finds, as they are in the chart", () => {
  const { metadata, data } = only("ConfigMap", rendered(enabled()));
  assert.is(metadata.name, "intendant-dashboards");
  assert.is(metadata.namespace, "intendant-system");
  assert.is(metadata.labels.grafana_dashboard, "1");
  assert.is(metadata.labels["app.kubernetes.io/instance"], "intendant");
  assert.is(metadata.annotations, undefined);
  const parsed = Object.entries<string>(data).map(([key, text]) => [key, JSON.parse(text)]);
  assert.equal(
    parsed,
    dashboards.map(({ file, dashboard }) => [`intendant-${file}`, dashboard]),
  );
});

test("are where the values say, with their labels and annotations", () => {
  const values = enabled({
    namespace: "monitoring",
    labels: { grafana_dashboard: null, dashboards: "mine", "app.kubernetes.io/instance": "mine" },
    annotations: { grafana_folder: "Intendant" },
  });
  const { metadata } = only("ConfigMap", rendered(values));
  assert.is(metadata.namespace, "monitoring");
  assert.is(metadata.labels.dashboards, "mine");
  assert.is(metadata.labels.grafana_dashboard, undefined);
  assert.is(metadata.labels["app.kubernetes.io/instance"], "intendant");
  assert.equal(metadata.annotations, { grafana_folder: "Intendant" });
});

test("refuse values that are not theirs", () => {
  const { code, stderr } = helm(["template", chart], enabled({ lables: {} }));
  assert.is.not(code, 0);
  assert.match(stderr, "at '/grafana/dashboard': additional properties 'lables' not allowed");
});

const targetLabels = ["namespace", "pod", "job", "instance", "container"];

/** What prom-client knows of a metric, and does not declare. */
interface Described {
  name: string;
  type: string;
  labelNames: string[];
}

/** Every name that operator and servers expose, with its labels and whether it only grows. */
async function exposed(): Promise<Map<string, { labels: string[]; grows: boolean }>> {
  const found = new Map<string, { labels: string[]; grows: boolean }>();
  for (const metric of serverMetrics().registry.getMetricsAsArray()) {
    const { name, type, labelNames } = metric as unknown as Described;
    const labels = [...labelNames, ...targetLabels];
    const grows = type !== "gauge";
    if (type !== "histogram") found.set(name, { labels, grows });
    else {
      for (const part of ["_sum", "_count"]) found.set(name + part, { labels, grows });
      found.set(`${name}_bucket`, { labels: [...labels, "le"], grows });
    }
  }
  const models = [intentFr({ slo: { p95: "120ms", errorRate: "1%" } }, known)];
  const text = await new OperatorMetrics().text({ queueDepth: 0, isLeader: true, models });
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
  );
  for (const [, name = "", braces = ""] of text.matchAll(/^([a-z]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const labels = [...braces.matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
    const grows = !["gauge", undefined].includes(
      types.get(name) ?? types.get(name.replace(/_(sum|count|bucket)$/, "")),
    );
    const before = found.get(name)?.labels ?? targetLabels;
    found.set(name, { labels: [...new Set([...before, ...labels])], grows });
  }
  return found;
}

const conditions = ["Ready", "Stalled", "WithinSLO", "Enriching"].map((type) => ({
  type,
  status: "True" as const,
  reason: "Because",
  message: "",
  lastTransitionTime: "",
}));
const known: ModelDeploymentStatus = {
  conditions,
  replicas: 1,
  serving: { revision: "aaaaaaaa" },
  benchmark: { ...figures, scenario: "Users", cpuPerRequest: "200us" },
  capture: { captured: 9, sentences: 8, dropped: 0 },
  enrichment: { enriched: 5, pending: 3, rate: "2/s", workers: 1 },
  capacity: { revision: "aaaaaaaa", rpsPerReplica: "850", p95: "96ms", measuredAt: "" },
};

/** Each name once, in order. */
function sorted(names: string[]): string[] {
  return [...new Set(names)].sort();
}

interface Query {
  where: string;
  expression: string;
  legend: string;
}

function queries(): Query[] {
  return dashboards.flatMap(({ file, dashboard }) =>
    dashboard.panels.flatMap(({ title, targets = [] }: Manifest) =>
      targets.map(({ expr, legendFormat }: Manifest) => ({
        where: `${file}, ${title}: ${expr}`,
        expression: expr,
        legend: legendFormat,
      })),
    ),
  );
}

/** What a query is made of. */
interface Parts {
  metrics: string[];
  matchers: { metric: string; label: string }[];
  grouping: string[];
  /** Metrics whose growth is asked for. */
  growing: string[];
}

function parts(expression: string): Parts {
  // Grafana fills in its variables; any duration will do.
  const text = expression.replaceAll("$__rate_interval", "5m");
  const found: Parts = { metrics: [], matchers: [], grouping: [], growing: [] };
  let metric = "";
  let inGrouping = false;
  let inRange = false;
  parser.parse(text).iterate({
    enter({ type, from, to }) {
      const word = text.slice(from, to);
      if (type.isError) throw new Error(`${text} is wrong from "${text.slice(from)}" on`);
      if (type.name === "GroupingLabels") inGrouping = true;
      if (type.name === "MatrixSelector") inRange = true;
      if (type.name === "Identifier") {
        metric = word;
        found.metrics.push(metric);
        if (inRange) found.growing.push(metric);
      }
      if (type.name !== "LabelName") return;
      if (inGrouping) found.grouping.push(word);
      else found.matchers.push({ metric, label: word });
    },
    leave({ type }) {
      if (type.name === "GroupingLabels") inGrouping = false;
      if (type.name === "MatrixSelector") inRange = false;
    },
  });
  return found;
}

test("ask for metrics and labels that operator and servers have", async () => {
  const all = await exposed();
  assert.ok(queries().length > 50);
  for (const { where, expression } of queries()) {
    const { metrics, matchers, grouping, growing } = parts(expression);
    for (const metric of metrics) assert.ok(all.has(metric), `${metric} is not there; ${where}`);
    for (const { metric, label } of matchers) {
      assert.ok(all.get(metric)?.labels.includes(label), `${metric} has no ${label}; ${where}`);
    }
    const labels = metrics.flatMap((metric) => all.get(metric)?.labels ?? []);
    for (const label of grouping) assert.ok(labels.includes(label), `no ${label}; ${where}`);
    for (const metric of growing)
      assert.ok(all.get(metric)?.grows, `${metric} is a gauge; ${where}`);
  }
});

test("show every figure of a model", async () => {
  const asked = new Set(queries().flatMap(({ expression }) => parts(expression).metrics));
  const figures = [...(await exposed()).keys()].filter((name) =>
    /^intendant_(benchmark|capacity|slo|within|replicas|capture|enrichment)/.test(name),
  );
  const hidden = figures.filter((name) => !asked.has(name));
  assert.equal(hidden, []);
});

test("name their curves by labels that are left", async () => {
  const all = await exposed();
  for (const { where, expression, legend } of queries()) {
    const { metrics, grouping } = parts(expression);
    const isAggregate = /\b(sum|max|count)\b/.test(expression);
    const left = isAggregate ? grouping : metrics.flatMap((name) => all.get(name)?.labels ?? []);
    for (const [, label = ""] of legend.matchAll(/\{\{(\w+)\}\}/g)) {
      assert.ok(left.includes(label), `no {{${label}}}; ${where}`);
    }
  }
});

for (const { file, dashboard } of dashboards) {
  test(`${file} is a dashboard that Grafana can load`, async () => {
    assert.match(dashboard.uid, /^intendant-[a-z]+$/);
    assert.match(dashboard.title, /^Intendant: /);
    assert.ok(dashboard.schemaVersion >= 39);
    const ids = dashboard.panels.map(({ id }: Manifest) => id);
    assert.is(new Set(ids).size, ids.length);
    for (const { id, type, title, targets = [], datasource } of dashboard.panels) {
      assert.ok(["row", "stat", "table", "timeseries"].includes(type), type);
      assert.ok(title, `panel ${id}`);
      if (type === "row") continue;
      assert.equal(datasource, { type: "prometheus", uid: "${datasource}" });
      const refIds = targets.map(({ refId }: Manifest) => refId);
      assert.ok(refIds.length > 0 && new Set(refIds).size === refIds.length, title);
    }
  });

  test(`${file} lays its panels out side by side`, () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const other = taken.get(`${x},${y}`);
          assert.is(other, undefined, `${title} lies upon ${other}`);
          taken.set(`${x},${y}`, title);
        }
      }
    }
  });

  test(`${file} asks with variables that it has, and has none that it does not use`, async () => {
    const all = await exposed();
    const variables = dashboard.templating.list.map(({ name }: Manifest) => name);
    const text = JSON.stringify({ ...dashboard, links: [] });
    const used = [...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name = ""]) => name);
    assert.equal(sorted(used), sorted(variables));
    for (const { type, definition, query } of dashboard.templating.list) {
      if (type !== "query") continue;
      assert.is(query.query, definition);
      const [, selector = "", label = ""] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
      const { metrics, matchers } = parts(selector);
      for (const name of [...matchers.map(({ label }) => label), label]) {
        assert.ok(all.get(metrics[0] ?? "")?.labels.includes(name), `${definition}: ${name}`);
      }
    }
  });
}

test("lead from the models to one of them", () => {
  const [models] = dashboards.filter(({ file }) => file === "models.json");
  const [detail] = dashboards.filter(({ file }) => file === "model.json");
  const [, uid, parameters = ""] = /"\/d\/([\w-]+)\?([^"]*)"/.exec(JSON.stringify(models)) ?? [];
  assert.is(uid, detail?.dashboard.uid);
  const names = [...parameters.matchAll(/var-(\w+)=/g)].map(([, name = ""]) => name);
  assert.equal(
    sorted(names),
    sorted(detail?.dashboard.templating.list.map(({ name }: Manifest) => name)),
  );
});

test.run();
