import * as assert from "uvu/assert";
import type { BenchmarkSpec } from "../../../operator/src/api.ts";
import {
  benchmarkJob,
  benchmarkJobName,
  scenario,
  scenarioHash,
} from "../../../operator/src/resources/benchmark-job.ts";
import { images, intentFr } from "../fixtures.ts";
import { golden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("benchmark job");

const users: BenchmarkSpec = { scenario: "Users", duration: "30s" };
const rate: BenchmarkSpec = { scenario: "Rate", duration: "2m", rate: "50/s" };
const subject = { revision: "aaaaaaaa", since: "2026-10-01T11:59:00Z", replicas: 2 };
const candidate = { ...subject, isCandidate: true };

test("of ten users who think for one to five seconds, unless the spec says otherwise", () => {
  assert.equal(benchmarkJob(intentFr(), users, subject, images), golden("benchmark-users"));
});

test("of a constant rate", () => {
  assert.equal(benchmarkJob(intentFr(), rate, subject, images), golden("benchmark-rate"));
});

test("may run where the model may, is pulled as it is, and is not drawn to its nodes", () => {
  const tolerations = [{ key: "dedicated", operator: "Exists" as const }];
  const imagePullSecrets = [{ name: "registry" }];
  const model = intentFr({
    pod: {
      tolerations,
      imagePullSecrets,
      nodeSelector: { pool: "gpu" },
      priorityClassName: "high",
    },
  });
  const pod = (of: typeof model) => benchmarkJob(of, users, subject, images).spec!.template.spec!;
  assert.equal(pod(model), { ...pod(intentFr()), tolerations, imagePullSecrets });
});

test("tells k6 the users and pauses of the spec, in seconds", () => {
  const thinkTime = { min: "500ms", max: "2s" };
  assert.equal(scenario({ ...users, users: 3, thinkTime }), {
    duration: 30,
    load: { scenario: "Users", users: 3, thinkTime: { min: 0.5, max: 2 } },
  });
});

test("has one hash for the same load, however it is written", () => {
  const spelledOut: BenchmarkSpec = {
    thinkTime: { max: "5s", min: "1000ms" },
    users: 10,
    duration: "30s",
    scenario: "Users",
  };
  assert.is(scenarioHash(spelledOut), scenarioHash(users));
  assert.is.not(scenarioHash({ ...users, users: 11 }), scenarioHash(users));
});

test("has another name for another revision and for another load", () => {
  const names = [
    benchmarkJobName(intentFr(), users, subject),
    benchmarkJobName(intentFr(), users, { ...subject, revision: "bbbbbbbb" }),
    benchmarkJobName(intentFr(), rate, subject),
    benchmarkJobName(intentFr(), users, candidate),
    benchmarkJobName(intentFr(), users, { ...candidate, since: "2026-10-01T13:00:00Z" }),
  ];
  assert.is(new Set(names).size, names.length);
});

test("of a candidate goes through its preview Service", () => {
  const job = benchmarkJob(intentFr(), users, candidate, images);
  const [plan] = job.spec?.template.spec?.containers[0]?.env ?? [];
  assert.is(JSON.parse(plan?.value ?? "").url, "http://intent-fr-preview.demo.svc");
});

test("has a name that fits into a label, however long the model's is", () => {
  const model = intentFr();
  model.metadata.name = "m".repeat(40);
  assert.ok(benchmarkJobName(model, users, subject).length <= 63);
});

test.run();
