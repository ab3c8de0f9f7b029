import * as assert from "uvu/assert";
import type {
  ModelDeployment,
  ModelDeploymentStatus,
} from "../../../operator/src/api/model-deployment.ts";
import { modelMetrics } from "../../../operator/src/telemetry/model-metrics.ts";
import { suite } from "../../support/suite.ts";
import { figures, intentFr } from "../fixtures.ts";

const test = suite("metrics of models");

const capacity = { revision: "aaaaaaaa", rpsPerReplica: "850", p95: "96ms", measuredAt: "" };
const serving = { revision: "aaaaaaaa" };
const benchmark = { ...figures, scenario: "Users", cpuPerRequest: "212us", errors: 3 };

function condition(type: string, status: "True" | "False" | "Unknown") {
  return { type, status, reason: "Because", message: "", lastTransitionTime: "" };
}

/** The samples without those of conditions, unless asked for. */
async function samples(
  status: ModelDeploymentStatus | undefined,
  spec: Partial<ModelDeployment["spec"]> = {},
): Promise<Record<string, number>> {
  const text = await modelMetrics([intentFr(spec, status)]);
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => {
      const [, series = "", value] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [
        series.replace('namespace="demo",name="intent-fr"', "…"),
        Number(Number(value).toPrecision(13)),
      ];
    }),
  );
}

test("tell a measurement in seconds, requests and shares", async () => {
  assert.equal(await samples({ benchmark }), {
    'intendant_benchmark_p50_seconds{…,scenario="Users"}': 0.0019,
    'intendant_benchmark_p95_seconds{…,scenario="Users"}': 0.0031,
    'intendant_benchmark_p99_seconds{…,scenario="Users"}': 0.0061,
    'intendant_benchmark_requests_per_second{…,scenario="Users"}': 3.3,
    'intendant_benchmark_error_ratio{…,scenario="Users"}': 0.02941176470588,
    'intendant_benchmark_cpu_seconds_per_request{…,scenario="Users"}': 0.000212,
    'intendant_benchmark_timestamp_seconds{…,scenario="Users"}':
      Date.parse(figures.finishedAt ?? "") / 1000,
  });
});

test("tell the promise, whether or not it was measured", async () => {
  assert.equal(await samples(undefined, { slo: { p95: "120ms", errorRate: "0.1%" } }), {
    "intendant_slo_p95_seconds{…}": 0.12,
    "intendant_slo_error_ratio{…}": 0.001,
  });
});

test("tell what serves, and the present status of each condition", async () => {
  const conditions = [condition("Ready", "True"), condition("Stalled", "False")];
  assert.equal(await samples({ serving, replicas: 2, conditions }), {
    "intendant_replicas{…}": 2,
    'intendant_condition{…,type="Ready",status="True"}': 1,
    'intendant_condition{…,type="Stalled",status="False"}': 1,
    'intendant_serving_info{…,revision="aaaaaaaa"}': 1,
  });
});

const kept: ["True" | "False" | "Unknown", number | undefined][] = [
  ["True", 1],
  ["False", 0],
  ["Unknown", undefined],
];
for (const [status, value] of kept) {
  test(`tell ${value ?? "nothing"} where WithinSLO is ${status}`, async () => {
    const found = await samples({ conditions: [condition("WithinSLO", status)] });
    assert.is(found["intendant_within_slo{…}"], value);
  });
}

test("tell the capacity of what serves, and none of what served before", async () => {
  const name = "intendant_capacity_requests_per_second{…}";
  assert.is((await samples({ serving, capacity }))[name], 850);
  assert.is((await samples({ serving: { revision: "bbbbbbbb" }, capacity }))[name], undefined);
  assert.is((await samples({ capacity }))[name], undefined);
});

test("tell what was captured, and how far its enrichment is", async () => {
  const enriching = { ...condition("Enriching", "False"), reason: "Busy" };
  const found = await samples({
    conditions: [enriching],
    capture: { captured: 9000, sentences: 8000, dropped: 1 },
    enrichment: { annotator: "ab", enriched: 2000, pending: 6000, rate: "5200/s", workers: 2 },
  });
  assert.equal(found, {
    "intendant_capture_requests{…}": 9000,
    "intendant_capture_sentences{…}": 8000,
    "intendant_capture_dropped_requests{…}": 1,
    "intendant_enrichment_enriched_sentences{…}": 2000,
    "intendant_enrichment_pending_sentences{…}": 6000,
    "intendant_enrichment_sentences_per_second{…}": 5200,
    "intendant_enrichment_workers{…}": 2,
    "intendant_enrichment_paused{…}": 1,
    'intendant_condition{…,type="Enriching",status="False"}': 1,
  });
});

const pauses: [reason: string, value: number][] = [
  ["Busy", 1],
  ["QuietTime", 1],
  ["TrafficUnknown", 1],
  ["Measuring", 1],
  ["Paused", 1],
  ["Running", 0],
  ["NothingPending", 0],
  ["WorkerFailed", 0],
];
for (const [reason, value] of pauses) {
  test(`tell ${value} as paused where Enriching is ${reason}`, async () => {
    const enriching = { ...condition("Enriching", "False"), reason };
    const found = await samples({ conditions: [enriching] });
    assert.is(found["intendant_enrichment_paused{…}"], value);
  });
}

test("tell that nothing is labelled at this moment", async () => {
  const found = await samples({ enrichment: { workers: 0 } });
  assert.is(found["intendant_enrichment_sentences_per_second{…}"], 0);
});

test("leave out what cannot be read, and nothing else", async () => {
  const odd = { ...benchmark, p95: "fast", rps: "many", requests: 0, finishedAt: "today" };
  assert.equal(Object.keys(await samples({ benchmark: odd })), [
    'intendant_benchmark_p50_seconds{…,scenario="Users"}',
    'intendant_benchmark_p99_seconds{…,scenario="Users"}',
    'intendant_benchmark_cpu_seconds_per_request{…,scenario="Users"}',
  ]);
});

test("escape what stands in labels", async () => {
  const scenario = 'a"b\\c\nd';
  const text = await modelMetrics([intentFr({}, { benchmark: { ...benchmark, scenario } })]);
  assert.ok(text.includes('scenario="a\\"b\\\\c\\nd"} 0.0031\n'));
});

test("keep the samples of one name together, below what it means", async () => {
  const models = ["one", "two"].map((name) => {
    const { metadata, ...model } = intentFr({ slo: { p95: "1s" } }, { benchmark });
    return { ...model, metadata: { ...metadata, name } };
  });
  const lines = (await modelMetrics(models)).split("\n");
  const at = lines.findIndex((line) => line.startsWith("# HELP intendant_slo_p95_seconds "));
  assert.equal(lines.slice(at + 1, at + 4), [
    "# TYPE intendant_slo_p95_seconds gauge",
    'intendant_slo_p95_seconds{namespace="demo",name="one"} 1',
    'intendant_slo_p95_seconds{namespace="demo",name="two"} 1',
  ]);
});

test("let other work go on in between", async () => {
  let turns = 0;
  const count = (): NodeJS.Immediate => {
    turns += 1;
    return setImmediate(() => (timer = count()));
  };
  let timer = count();
  await modelMetrics(Array.from({ length: 5000 }, () => intentFr()));
  clearImmediate(timer);
  assert.ok(turns >= 140, `${turns} turns`);
});

test.run();
