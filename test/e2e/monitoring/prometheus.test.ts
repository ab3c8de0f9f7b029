import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import * as assert from "uvu/assert";
import { only, rendered, type Manifest } from "../../charts/helm.ts";
import { startPrometheus, type PrometheusServer } from "./prometheus-server.ts";
import {
  apply,
  condition,
  eventually,
  intentModel,
  kubectl,
  namespacedSuite,
  system,
} from "../world.ts";

const demo = "prometheus-test";
const test = namespacedSuite("A Prometheus", demo, 240_000);

const resources = { requests: { cpu: "50m", memory: "256Mi" } };
const benchmark = {
  scenario: "Users",
  users: 5,
  thinkTime: { min: "100ms", max: "500ms" },
  duration: "10s",
} as const;

let prometheus: PrometheusServer;

test.before(async () => {
  const on = { enabled: true };
  const objects = rendered({
    metrics: { serviceMonitor: on, podMonitor: on, prometheusRule: on },
  });
  const monitors = [only("ServiceMonitor", objects), only("PodMonitor", objects)];
  prometheus = await startPrometheus(monitors, only("PrometheusRule", objects).spec);
  // A promise that nothing keeps, and a file that nobody has.
  const slow = { resources, slo: { p95: "1us" }, benchmark } as object;
  const model = { bundled: "intent-fr", sha256: "0".repeat(64) };
  const wrong = { resources, model, rollout: { deadline: "10s" } } as object;
  await apply(intentModel("slow", demo, slow));
  await apply(intentModel("wrong", demo, wrong));
  await condition(demo, "slow", "Benchmarked", 180);
  await condition(demo, "wrong", "Stalled", 180);
});
test.after(() => prometheus.stop());

interface Targets {
  activeTargets: { health: string; labels: Record<string, string> }[];
}
interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

const instant = async (query: string): Promise<Sample[]> =>
  (await prometheus.ask<{ result: Sample[] }>(`query?query=${encodeURIComponent(query)}`)).result;

test("collects from the operator and from the pods of models, by the chart's monitors", async () => {
  for (const [namespace, selector, job] of [
    [system, "app.kubernetes.io/component=operator", "intendant-metrics"],
    [
      demo,
      "intendant.dev/model=slow,app.kubernetes.io/name=model-server",
      `${system}/intendant-models`,
    ],
  ] as const) {
    const name = await kubectl("get", "pod", "-n", namespace, "-l", selector, "-o", "name");
    await eventually(`${name} is collected from`, 60, async () => {
      const { activeTargets } = await prometheus.ask<Targets>("targets?state=active");
      return activeTargets.some(
        ({ health, labels }) =>
          health === "up" && labels["job"] === job && name === `pod/${labels["pod"]}`,
      );
    });
  }
});

test("knows of each model what its status says, under the model's own name", async () => {
  const [sample] = await eventually("the figure is collected", 60, async () => {
    const samples = await instant(`intendant_benchmark_p95_seconds{namespace="${demo}"}`);
    return samples.length > 0 && samples;
  });
  const told = await kubectl(
    "get",
    "mdep/slow",
    "-n",
    demo,
    "-o",
    "jsonpath={.status.benchmark.p95}",
  );
  assert.is(sample?.metric["name"], "slow");
  assert.is(Number(sample?.value[1]), Number(told.replace("ms", "")) / 1000, told);
});

test("evaluates the chart's rules, and alerts about what is wrong alone", async () => {
  interface Rule {
    name: string;
    health: string;
    lastError?: string;
    alerts: { labels: Record<string, string> }[];
  }
  const rules = await eventually("the rules see both models", 60, async () => {
    const { groups } = await prometheus.ask<{ groups: { rules: Rule[] }[] }>("rules?type=alert");
    const all = groups.flatMap(({ rules }) => rules);
    const isSeen = (name: string) => all.some((rule) => rule.name === name && rule.alerts.length);
    return isSeen("IntendantSLOMissed") && isSeen("IntendantRolloutStalled") ? all : undefined;
  });
  for (const { name, health, lastError } of rules) assert.is(health, "ok", `${name}: ${lastError}`);
  const raised = rules.flatMap(({ name, alerts }) =>
    alerts
      .filter(({ labels }) => [demo, system].includes(labels["namespace"] ?? ""))
      .map(({ labels }) => `${name} ${labels["name"]}`),
  );
  assert.equal(raised.sort(), [
    "IntendantModelNotReady wrong",
    "IntendantRolloutStalled wrong",
    "IntendantSLOMissed slow",
  ]);
});

for (const file of globSync("charts/intendant/dashboards/*.json").sort()) {
  test(`answers the queries of ${basename(file)}, as far as there is something to tell`, async () => {
    const { panels } = JSON.parse(readFileSync(file, "utf8")) as { panels: Manifest[] };
    const queries = panels
      .flatMap(({ targets = [] }) => targets.map(({ expr }: Manifest) => expr as string))
      .map(filledIn);
    let answered = 0;
    for (const query of queries) {
      const series = await Promise.all(seriesOf(query).map(instant));
      // Of refusals, for example, nothing is told before the first.
      if (series.some((samples) => samples.length === 0)) continue;
      await eventually(query, 30, async () => (await instant(query)).length > 0);
      answered += 1;
    }
    assert.ok(answered > queries.length / 2, `${answered} of ${queries.length}`);
  });
}

/** A query of a dashboard as Grafana asks it. */
function filledIn(query: string): string {
  return query
    .replaceAll("$__rate_interval", "30s")
    .replaceAll("$namespace", demo)
    .replaceAll("$model", "slow")
    .replaceAll("$job", "intendant-metrics");
}

/** What a query selects, without what it does with it. */
function seriesOf(query: string): string[] {
  return query.match(/\b(intendant|process|nodejs)_\w+(\{("[^"]*"|[^"}])*\})?/g) ?? [];
}

test.run();
