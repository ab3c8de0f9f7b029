import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { Observed } from "../../../operator/src/state/observed.ts";
import { allowedPeers, larger } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";
import { isIdle, World } from "../world.ts";

const test = suite("children");

type Spec = Partial<ModelDeployment["spec"]>;

const expose = {
  ingress: { host: "intent.example.com", path: "/" },
  httpRoute: { parentRefs: [{ name: "public" }], path: "/" },
};
const everything: Spec = { replicas: 2, expose };
const kinds = (objects: { kind?: string }[]) => objects.map(({ kind }) => kind);

function world(spec: Spec = everything): World {
  const world = new World(spec);
  world.networkPolicy = allowedPeers;
  return world;
}

function settled(spec: Spec = everything): World {
  const settling = world(spec);
  settling.settle();
  return settling;
}

test("come in an order in which each finds what it needs, and the ways in last", () => {
  const { plan } = world().pass();
  assert.equal(kinds(plan.apply), [
    "Service",
    "NetworkPolicy",
    "Deployment",
    "PodDisruptionBudget",
  ]);
  assert.equal(kinds(plan.expose), ["Ingress", "HTTPRoute"]);
});

test("are left alone when they are as they should be", () => {
  assert.ok(isIdle(settled().pass().plan));
});

/** The spec, or the world, without what asks for a child. */
const dropped: [child: keyof Observed, without: (world: World) => void][] = [
  ["disruptionBudget", (world) => world.edit({ replicas: 1 })],
  ["networkPolicy", (world) => (world.networkPolicy = undefined)],
  ["ingress", (world) => world.edit({ expose: { httpRoute: expose.httpRoute } })],
  ["httpRoute", (world) => world.edit({ expose: { ingress: expose.ingress } })],
];
for (const [child, without] of dropped) {
  test(`go when they are no longer wanted: ${child}`, () => {
    const world = settled();
    assert.ok(world.observed[child]);
    without(world);
    const { plan } = world.pass();
    assert.is(world.observed[child], undefined);
    assert.equal([plan.apply.length, plan.remove.length, plan.expose.length], [0, 1, 0]);
    world.settle();
  });

  test(`come back when somebody removed them: ${child}`, () => {
    const world = settled();
    world.observed = { ...world.observed, [child]: undefined };
    world.pass();
    assert.ok(world.observed[child]);
    assert.ok(isIdle(world.pass().plan));
  });
}

const edited: [child: string, edit: (observed: Observed) => void][] = [
  ["PodDisruptionBudget", (world) => (world.disruptionBudget!.spec!.maxUnavailable = "100%")],
  ["NetworkPolicy", (world) => world.networkPolicy!.spec!.ingress!.push({})],
  [
    "NetworkPolicy",
    (world) => (world.networkPolicy!.spec!.podSelector!.matchLabels!["nobody"] = "has"),
  ],
  ["Ingress", (world) => (world.ingress!.spec!.rules![0]!.host = "other.example.com")],
  ["HTTPRoute", (world) => (world.httpRoute!.spec!.rules[0]!.backendRefs[0]!.name = "other")],
  ["Service", (world) => (world.service!.spec!.selector!["nobody"] = "has")],
];
for (const [child, edit] of edited) {
  test(`are put back when somebody edited them: ${child}, ${edit.toString().slice(11)}`, () => {
    const world = settled();
    edit(world.observed);
    const { plan } = world.pass();
    assert.equal(kinds([...plan.apply, ...plan.expose]), [child]);
    assert.ok(isIdle(world.pass().plan));
  });
}

test("protect and expose a serving revision while another one is brought up", () => {
  const world = settled();
  const first = world.selected;
  const before = world.observed.disruptionBudget;
  world.edit(larger);
  const { plan } = world.pass();
  assert.equal(kinds(plan.apply), ["Service", "Deployment"]);
  assert.is(world.observed.disruptionBudget, before);
  const preview = world.observed.preview?.spec?.selector?.["intendant.dev/revision"];
  assert.ok(preview && preview !== first);

  world.settle();
  assert.is(world.selected, preview);
  const budget = world.observed.disruptionBudget?.spec?.selector?.matchLabels;
  assert.is(budget?.["intendant.dev/revision"], preview);
  assert.is(world.observed.preview, undefined);
});

test("that need the Gateway API wait for it, and nothing else does", () => {
  const world = settled({ ...everything });
  world.observed = { ...world.observed, httpRoute: undefined, hasGatewayAPI: false };
  assert.ok(isIdle(world.pass().plan));
  world.observed = { ...world.observed, hasGatewayAPI: true };
  assert.equal(kinds(world.pass().plan.expose), ["HTTPRoute"]);
});

test("stay while the model cannot be found", () => {
  const world = settled();
  world.observed = { ...world.observed, source: { problem: { reason: "None", message: "" } } };
  assert.ok(isIdle(world.pass().plan));
});

test.run();
