import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { ConditionType } from "../../../operator/src/api/reasons.ts";
import { suite } from "../../support/suite.ts";
import { World } from "../world.ts";

const test = suite("exposure");

const expose: ModelDeployment["spec"]["expose"] = {
  httpRoute: { parentRefs: [{ name: "public" }], path: "/" },
};
const types = ["Ready", "Reconciling", "Stalled"] as const;
const says = (world: World) =>
  types.map((type: ConditionType) => {
    const { status, reason } = world.condition(type);
    return `${type}=${status} ${reason}`;
  });

/** A model that asks for an HTTPRoute, where there may be none. */
function settled(hasGatewayAPI: boolean): World {
  const world = new World({ expose });
  world.observed = { ...world.observed, hasGatewayAPI };
  world.settle();
  return world;
}

test("through a Gateway API that the cluster does not have needs a person", () => {
  const world = settled(false);
  assert.equal(says(world), [
    "Ready=True Serving",
    "Reconciling=False GatewayAPIMissing",
    "Stalled=True GatewayAPIMissing",
  ]);
  assert.match(world.condition("Stalled").message, /install the Gateway API/);
});

test("heals by itself when the Gateway API is there", () => {
  const world = settled(false);
  world.observed = { ...world.observed, hasGatewayAPI: true };
  world.settle();
  assert.ok(world.observed.httpRoute);
  assert.equal(says(world), [
    "Ready=True Serving",
    "Reconciling=False Settled",
    "Stalled=False NoProblem",
  ]);
});

test("does not hide that a revision is being rolled out, nor keep it from the traffic", () => {
  const world = settled(false);
  const first = world.selected;
  world.edit({ resources: { requests: { cpu: "250m", memory: "2Gi" } } });
  world.pass();
  assert.equal(says(world), [
    "Ready=True Serving",
    "Reconciling=True RollingOut",
    "Stalled=False NoProblem",
  ]);
  world.settle();
  assert.is.not(world.selected, first);
  assert.is(world.condition("Stalled").reason, "GatewayAPIMissing");
});

test("needs no Gateway API where the spec does not ask for a route", () => {
  const world = new World();
  world.observed = { ...world.observed, hasGatewayAPI: false };
  world.settle();
  assert.is(world.condition("Ready").status, "True");
});

test.run();
