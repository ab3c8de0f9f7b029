import * as assert from "uvu/assert";
import type { CapacityResult } from "../../../benchmarks/contract.ts";
import { benchmarkResult, capacityResult } from "../../../operator/src/benchmark/results.ts";
import { scenarioHash } from "../../../operator/src/resources/benchmark-job.ts";
import { suite } from "../../support/suite.ts";
import { figures, intentFr, measurement, observed, pods, run } from "../fixtures.ts";

const test = suite("figures");

const valid = { ...measurement, latency: measurement.latency! };
const users = { scenario: "Users", duration: "30s", warmUp: "0s" } as const;
const model = intentFr({ benchmark: users });

test("have units and what they are of, and round no latency down", () => {
  assert.equal(benchmarkResult(model, observed(), run, valid), {
    ...figures,
    scenarioHash: scenarioHash(model, users),
  });
});

test("say what was measured: image, model file, resources, processor, cost of a request", () => {
  const { deployment } = pods(model, "aaaaaaaa");
  const resources = {
    requests: { memory: "1Gi", cpu: "250m" },
    limits: { memory: "1Gi" },
  };
  const container = { name: "server", image: "server:1", resources };
  deployment.spec!.template = { spec: { containers: [container] } };
  const told = { sha256: "ab".repeat(32), inputs: [], outputs: [], node: { cpu: "EPYC" } };
  const world = observed({ deployments: [deployment], models: new Map([["aaaaaaaa", told]]) });
  const found = benchmarkResult(model, world, run, { ...valid, cpuPerRequest: 1234 });
  const { image, sha256, resources: amounts, node, cpuPerRequest } = found;
  assert.equal(
    { image, sha256, amounts, node, cpuPerRequest },
    {
      image: "server:1",
      sha256: told.sha256,
      amounts: "cpu 250m, memory 1Gi, at most memory 1Gi",
      node: { cpu: "EPYC" },
      cpuPerRequest: "1.2ms",
    },
  );
});

test("take from the status what the servers were asked before", () => {
  const serving = { revision: "aaaaaaaa", sha256: "cd".repeat(32), node: { cpu: "Xeon" } };
  const found = benchmarkResult({ ...model, status: { serving } }, observed(), run, valid);
  assert.equal([found.sha256, found.node?.cpu], [serving.sha256, "Xeon"]);
});

const kinds = [
  ["Users", "closed"],
  ["Rate", "open"],
  ["Capacity", "open"],
  ["Script", undefined],
] as const;
for (const [scenario, kind] of kinds) {
  test(`of ${scenario} are of ${kind ? `the ${kind}` : "no certain"} kind`, () => {
    const asked = intentFr({ benchmark: { ...users, scenario } });
    assert.is(benchmarkResult(asked, observed(), { ...run, scenario }, valid).loadModel, kind);
  });
}

test("of the capacity share it between the pods", () => {
  const two = { ...run, pods: { one: 0, two: 0 } };
  const found = { rps: 1700, p95: 95.96, cpuPerRequest: 211.7, steps: [] };
  assert.equal(capacityResult(two, { ...measurement, capacity: found }), {
    revision: "aaaaaaaa",
    rpsPerReplica: "850",
    p95: "96ms",
    cpuPerRequest: "212us",
    replicas: 2,
    measuredAt: measurement.finishedAt,
  });
});

const unknown: [title: string, capacity: CapacityResult | undefined][] = [
  ["was not looked for", undefined],
  ["is less than the lowest rate", { rps: 0, missed: 1, steps: [] }],
];
for (const [title, capacity] of unknown) {
  test(`say nothing of a capacity that ${title}`, () => {
    assert.is(capacityResult(run, { ...measurement, ...(capacity && { capacity }) }), undefined);
  });
}

test.run();
