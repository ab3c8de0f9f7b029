import * as assert from "uvu/assert";
import { autoscaler } from "../../../operator/src/resources/autoscaler.ts";
import { intentFr } from "../fixtures.ts";
import { golden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("autoscaler");

test("scales the Deployment of one revision by its CPU use", () => {
  const autoscaling = { minReplicas: 2, maxReplicas: 5, targetCPUUtilization: 70 };
  assert.equal(autoscaler(intentFr({ autoscaling }), "aaaaaaaa"), golden("autoscaler"));
});

test("does not exist where the number of pods is fixed", () => {
  assert.is(autoscaler(intentFr({ replicas: 3 }), "aaaaaaaa"), undefined);
});

test.run();
