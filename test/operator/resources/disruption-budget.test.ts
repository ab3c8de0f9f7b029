import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { disruptionBudget } from "../../../operator/src/resources/disruption-budget.ts";
import { intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("disruption budget");

test("lets one pod of the serving revision go at a time", () => {
  isGolden(disruptionBudget(intentFr({ replicas: 2 }), "aaaaaaaa"), "disruption-budget/default");
});

const autoscaling = (minReplicas: number, maxReplicas: number) => ({
  autoscaling: {
    minReplicas,
    maxReplicas,
    target: "Utilization" as const,
    headroom: "70%",
    targetCPUUtilization: 80,
  },
});
const cases: [title: string, spec: Partial<ModelDeployment["spec"]>, exists: boolean][] = [
  ["of one pod, unless said otherwise", {}, false],
  ["of no pods", { replicas: 0 }, false],
  ["of one pod", { replicas: 1 }, false],
  ["of two pods", { replicas: 2 }, true],
  ["of one pod that may become five", autoscaling(1, 5), true],
  ["of one pod with an autoscaler that leaves it at that", autoscaling(1, 1), false],
];
for (const [title, spec, exists] of cases) {
  test(`${exists ? "exists" : "does not exist"} for a model ${title}`, () => {
    assert.is(disruptionBudget(intentFr(spec), "aaaaaaaa") !== undefined, exists);
  });
}

test.run();
