import * as assert from "uvu/assert";
import {
  autoscalingTarget,
  cpuQuantity,
} from "../../../operator/src/resources/autoscaling-target.ts";
import type { CapacityStatus } from "../../../operator/src/api/model-deployment.ts";
import { suite } from "../../support/suite.ts";
import { autoscaling as twoToFive, intentFr } from "../fixtures.ts";

const test = suite("autoscaling target");

const autoscaling = { ...twoToFive, minReplicas: 1, target: "Measured" } as const;
const capacity: CapacityStatus = {
  revision: "aaaaaaaa",
  rpsPerReplica: "850",
  p95: "96ms",
  cpuPerRequest: "212us",
  measuredAt: "2026-10-01T12:00:00Z",
};
const target = (found: CapacityStatus | undefined, spec = autoscaling) =>
  autoscalingTarget(
    intentFr({ autoscaling: spec }, found && { capacity: found }),
    spec,
    "aaaaaaaa",
  );

test("is headroom times capacity times CPU per request", () => {
  assert.equal(target(capacity), {
    cpu: { averageMillicores: 126 },
    source: "70% of the measured 850/s at 212us of CPU per request",
  });
});

test("is a share of the request where the spec asks for that, whatever was measured", () => {
  const guessed = { ...autoscaling, target: "Utilization" } as unknown as typeof autoscaling;
  assert.equal(target(capacity, guessed), {
    cpu: { averageUtilization: 80 },
    source: "spec.autoscaling.targetCPUUtilization",
  });
});

const without: [title: string, capacity: CapacityStatus | undefined][] = [
  ["there is no capacity", undefined],
  ["the capacity is another revision's", { ...capacity, revision: "bbbbbbbb" }],
  ["the pods did not tell what a request costs", { ...capacity, cpuPerRequest: undefined }],
];
for (const [title, found] of without) {
  test(`is a share of the request as long as ${title}`, () => {
    assert.equal(target(found), {
      cpu: { averageUtilization: 80 },
      source:
        "spec.autoscaling.targetCPUUtilization, until the capacity of revision aaaaaaaa is measured",
    });
  });
}

test("is never nothing, which no autoscaler takes", () => {
  const cheap = { ...capacity, rpsPerReplica: "1", cpuPerRequest: "3us" };
  assert.equal(target(cheap).cpu, { averageMillicores: 1 });
});

test("is written as the API server writes it", () => {
  assert.equal([1, 999, 1000, 1500, 2000].map(cpuQuantity), ["1m", "999m", "1", "1500m", "2"]);
});

test.run();
