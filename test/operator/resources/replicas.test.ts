import * as assert from "uvu/assert";
import {
  candidateReplicas,
  minReplicas,
  servingReplicas,
} from "../../../operator/src/resources/replicas.ts";
import { intentFr } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("replicas");

const one = intentFr();
const three = intentFr({ replicas: 3 });
const none = intentFr({ replicas: 0 });
const scaled = intentFr({
  autoscaling: {
    minReplicas: 2,
    maxReplicas: 5,
    target: "Utilization",
    headroom: "70%",
    targetCPUUtilization: 80,
  },
});

test("there is at least one pod, or as many as the spec says, or as the autoscaler begins with", () => {
  assert.equal([one, three, none, scaled].map(minReplicas), [1, 3, 0, 2]);
});

test("a fixed number is always written", () => {
  assert.is(servingReplicas(three, undefined), 3);
  assert.is(servingReplicas(three, 5), 3);
  assert.is(servingReplicas(none, 1), 0);
});

test("the number of an autoscaler is never written", () => {
  assert.is(servingReplicas(scaled, 4), undefined);
});

test("an autoscaler's first number is written, because it leaves 0 pods alone", () => {
  assert.is(servingReplicas(scaled, undefined), 2);
  assert.is(servingReplicas(scaled, 0), 2);
});

test("a candidate has as many pods as serve now, within the autoscaler's bounds", () => {
  assert.is(candidateReplicas(scaled, 4), 4);
  assert.is(candidateReplicas(scaled, 9), 5);
  assert.is(candidateReplicas(scaled, 1), 2);
  assert.is(candidateReplicas(three, 9), 3);
});

test.run();
