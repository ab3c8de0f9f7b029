import * as assert from "uvu/assert";
import type { BenchmarkSpec } from "../../../operator/src/api/model-deployment.ts";
import {
  benchmarkJob,
  benchmarkJobName,
  planOf,
  runOf,
  scenarioPlan,
  scenarioHash,
  type Run,
} from "../../../operator/src/resources/benchmark-job.ts";
import { autoscaling as twoToFive, images, intentFr, run } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("benchmark job");

const model = intentFr();
const users: BenchmarkSpec = { scenario: "Users", duration: "30s", warmUp: "5s" };
const rate: BenchmarkSpec = { scenario: "Rate", duration: "2m", rate: "50/s", warmUp: "0s" };
const capacity: BenchmarkSpec = { scenario: "Capacity", warmUp: "5s" };
const candidate: Run = { ...run, trigger: "Gate" };
const addresses = ["10.0.0.1", "fd00::1"];
const job = (spec: BenchmarkSpec, of = run) => benchmarkJob(model, spec, of, { images, addresses });

test("of ten users who think for one to five seconds, unless the spec says otherwise", () => {
  isGolden(job(users), "benchmark-job/users");
});

test("of a constant rate", () => {
  isGolden(job(rate), "benchmark-job/rate");
});

test("may run where the model may, is pulled as it is, and is not drawn to its nodes", () => {
  const tolerations = [{ key: "dedicated", operator: "Exists" as const }];
  const imagePullSecrets = [{ name: "registry" }];
  const placed = intentFr({
    pod: {
      tolerations,
      imagePullSecrets,
      nodeSelector: { pool: "gpu" },
      priorityClassName: "high",
    },
  });
  const pod = (of: typeof placed) =>
    benchmarkJob(of, users, run, { images, addresses }).spec!.template.spec!;
  assert.equal(pod(placed), { ...pod(intentFr()), tolerations, imagePullSecrets });
});

test("of a script and payloads of the user's own", () => {
  const script = { configMap: { name: "own-script", key: "script.js" } };
  const payloads = { configMap: { name: "own-payloads", key: "payloads.jsonl" } };
  const spec: BenchmarkSpec = { scenario: "Script", warmUp: "0s", script, payloads };
  isGolden(job(spec), "benchmark-job/script");
});

const loads: [title: string, spec: BenchmarkSpec, load: object][] = [
  [
    "the users and pauses of the spec, in seconds",
    { ...users, users: 3, thinkTime: { min: "500ms", max: "2s" } },
    { scenario: "Users", users: 3, thinkTime: { min: 0.5, max: 2 } },
  ],
  ["how long the rate rises", { ...rate, ramp: "1m" }, { scenario: "Rate", rate: 50, ramp: 60 }],
  [
    "the SLO that a rate has to keep, and how many pods share it",
    capacity,
    {
      scenario: "Capacity",
      replicas: 2,
      slo: { p95: 120, errorRate: 0.001 },
      resolution: 0.05,
      stepSeconds: 8,
    },
  ],
];
for (const [title, spec, load] of loads) {
  test(`tells k6 ${title}`, () => {
    const promising = intentFr({ slo: { p95: "120ms", errorRate: "0.1%" } });
    assert.equal(scenarioPlan(promising, spec, 2).load, load);
  });
}

test("tells k6 how many pods there are, also where an autoscaler has added some", () => {
  const autoscaling = { ...twoToFive, minReplicas: 1, target: "Measured" } as const;
  const two = { ...run, pods: { one: 0, two: 0 } };
  const object = benchmarkJob(intentFr({ autoscaling }), capacity, two, { images, addresses });
  const [plan] = object.spec?.template.spec?.containers[0]?.env ?? [];
  assert.is(JSON.parse(plan?.value ?? "").load.replicas, 2);
});

test("gives a search four minutes and any other load one, unless the spec says otherwise", () => {
  const { duration: _, ...unsaid } = users;
  const lengths = [capacity, unsaid, users].map((spec) => scenarioPlan(model, spec, 1).duration);
  assert.equal(lengths, [240, 60, 30]);
});

test("gives k6 the time of the ramp and the warm-up as well", () => {
  const limit = (spec: BenchmarkSpec) => job(spec).spec?.activeDeadlineSeconds;
  assert.is(limit({ ...rate, ramp: "1m", warmUp: "10s" }), 120 + 60 + 10 + 120);
  assert.is(limit(users), 30 + 5 + 120);
});

test("has one hash for the same load, however it is written", () => {
  const spelledOut: BenchmarkSpec = {
    thinkTime: { max: "5s", min: "1000ms" },
    users: 10,
    duration: "30s",
    warmUp: "5s",
    scenario: "Users",
  };
  const key = (spec: BenchmarkSpec) => scenarioHash(model, spec);
  assert.is(key(spelledOut), key(users));
  assert.is.not(key({ ...users, users: 11 }), key(users));
  assert.is(key({ ...users, schedule: "@daily" }), key(users), "when is not how");
});

test("of a search has another hash under another SLO, and any other has not", () => {
  const promising = (p95: string) => intentFr({ slo: { p95 } });
  assert.is.not(scenarioHash(promising("1ms"), capacity), scenarioHash(promising("2ms"), capacity));
  assert.is(scenarioHash(promising("1ms"), users), scenarioHash(promising("2ms"), users));
});

test("has another name for another subject, for another reason and at another time", () => {
  const names = [
    run,
    { ...run, subject: "dddddddd" },
    candidate,
    { ...candidate, due: "2026-10-01T13:00:00Z" },
  ].map((one) => benchmarkJobName(model, one));
  assert.is(new Set(names).size, names.length);
});

test("has the same name whatever the pods are and whenever it begins, so that it is made once", () => {
  const later = { ...run, begunAt: "2026-10-01T13:00:00.000Z", pods: {} };
  assert.is(benchmarkJobName(model, later), benchmarkJobName(model, run));
});

test("says what it measures", () => {
  assert.equal(runOf(job(users)), run);
});

const unreadable: [title: string, annotation: string | undefined][] = [
  ["nothing", undefined],
  ["text", "yes"],
  ["null", "null"],
  ["no pods", JSON.stringify({ ...run, pods: null })],
  ["no time", JSON.stringify({ ...run, begunAt: undefined })],
];
for (const [title, annotation] of unreadable) {
  test(`that says ${title} measures nothing`, () => {
    const annotations = { ...(annotation !== undefined && { "intendant.dev/run": annotation }) };
    assert.is(runOf({ metadata: { annotations } }), undefined);
  });
}

test("keeps what k6 was told, whatever the spec says by now", () => {
  const rate: BenchmarkSpec = { scenario: "Rate", duration: "30s", rate: "50/s", warmUp: "0s" };
  for (const spec of [users, rate]) {
    const { duration, load } = planOf(job(spec)) ?? {};
    const told = scenarioPlan(model, spec, 1);
    assert.equal({ duration, load }, { duration: told.duration, load: told.load });
  }
});

const noPlans: [title: string, plan: string | undefined][] = [
  ["nothing", undefined],
  ["text", "yes"],
  ["null", "null"],
  ["no load", JSON.stringify({ duration: 30 })],
  ["a negative duration", JSON.stringify({ duration: -1, load: { scenario: "Capacity" } })],
  ["a rate that is no number", JSON.stringify({ duration: 30, load: { scenario: "Rate" } })],
];
for (const [title, value] of noPlans) {
  test(`whose PLAN is ${title} has no plan`, () => {
    const whole = job(users);
    const [container] = whole.spec?.template.spec?.containers ?? [];
    if (!container) throw new Error("The Job has no container");
    container.env = value === undefined ? [] : [{ name: "PLAN", value }];
    assert.is(planOf(whole), undefined);
  });
}

test("of a candidate goes through its preview Service", () => {
  const [plan] = job(users, candidate).spec?.template.spec?.containers[0]?.env ?? [];
  assert.is(JSON.parse(plan?.value ?? "").url, "http://intent-fr-preview.demo.svc");
});

test("has a name that fits into a label, however long the model's is", () => {
  const long = intentFr();
  long.metadata.name = "m".repeat(40);
  assert.ok(benchmarkJobName(long, run).length <= 63);
});

test.run();
