import * as assert from "uvu/assert";
import { autoscaler } from "../../../operator/src/resources/autoscaler.ts";
import { autoscaling as twoToFive, intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("autoscaler");

const autoscaling = { ...twoToFive, targetCPUUtilization: 70 } as const;
const measured = { ...autoscaling, target: "Measured" } as const;
const capacity = {
  revision: "aaaaaaaa",
  rpsPerReplica: "850",
  p95: "96ms",
  cpuPerRequest: "212us",
  measuredAt: "2026-10-01T12:00:00Z",
};

test("scales the Deployment of one revision by its CPU use", () => {
  isGolden(autoscaler(intentFr({ autoscaling }), "aaaaaaaa"), "autoscaler/default");
});

test("aims for the CPU that the headroom's share of the measured capacity takes", () => {
  const model = intentFr({ autoscaling: measured }, { capacity });
  isGolden(autoscaler(model, "aaaaaaaa"), "autoscaler/measured");
});

test("keeps the number of pods while it is measured what they can take", () => {
  isGolden(autoscaler(intentFr({ autoscaling }), "aaaaaaaa", 3), "autoscaler/held");
});

test("does not exist where the number of pods is fixed", () => {
  assert.is(autoscaler(intentFr({ replicas: 3 }), "aaaaaaaa"), undefined);
});

test.run();
