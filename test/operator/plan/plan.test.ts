import * as assert from "uvu/assert";
import { plan } from "../../../operator/src/plan/plan.ts";
import { autoscaling, images, larger } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";
import { isIdle, World } from "../world.ts";

const test = suite("plan");

const smaller = { resources: { requests: { cpu: "250m", memory: "512Mi" } } };
const rollout = { gate: "None", deadline: "5m", historyLimit: 1 } as const;
const kinds = (objects: { kind?: string }[]) => objects.map(({ kind }) => kind);

/** A world in which the first revision serves. */
function serving(spec: ConstructorParameters<typeof World>[0] = {}): {
  world: World;
  first: string;
} {
  const world = new World(spec);
  world.settle();
  return { world, first: world.selected! };
}

/** A world in which a second revision is being brought up beside the first. */
function rolling(spec: ConstructorParameters<typeof World>[0] = {}) {
  const { world, first } = serving(spec);
  world.edit(larger);
  world.pass();
  const [second = ""] = Object.keys(world.revisions).filter((revision) => revision !== first);
  return { world, first, second };
}

test("from nothing there come a Service and a Deployment, the Service first", () => {
  const world = new World();
  const { plan, events } = world.pass();
  assert.equal(kinds(plan.apply), ["Service", "Deployment"]);
  assert.equal([plan.scale, plan.remove], [[], []]);
  assert.equal(events, ["Created"]);
});

test("the same world is always the same plan, byte for byte", () => {
  const { world } = rolling({ autoscaling });
  const bytes = () => JSON.stringify(plan(world.model, world.observed, world));
  assert.is(bytes(), bytes());
});

test("a second pass over an unchanged world does nothing", () => {
  for (const spec of [{}, { replicas: 3 }, { replicas: 0 }, { autoscaling }]) {
    assert.ok(isIdle(serving(spec).world.pass().plan), JSON.stringify(spec));
  }
});

test("a fixed number of pods is written, and again when somebody scales the Deployment", () => {
  const { world, first } = serving({ replicas: 3 });
  assert.equal(world.revisions, { [first]: 3 });
  world.observed.deployments[0]!.spec!.replicas = 7;
  world.settle();
  assert.equal(world.revisions, { [first]: 3 });
});

test("`kubectl scale` changes the number of pods and not the revision", () => {
  const { world, first } = serving();
  world.edit({ replicas: 4 });
  const { plan } = world.pass();
  assert.equal(kinds(plan.apply), ["PodDisruptionBudget"]);
  assert.equal(world.revisions, { [first]: 4 });
});

test("an autoscaler begins with its fewest pods, and then the number is its own", () => {
  const { world, first } = serving({ autoscaling });
  assert.equal(world.revisions, { [first]: 2 });
  world.observed.deployments[0]!.spec!.replicas = 4;
  world.settle();
  assert.equal(world.revisions, { [first]: 4 });
});

test("an autoscaler that comes later takes over the number that is there", () => {
  const { world, first } = serving({ replicas: 4 });
  const { replicas: _, ...spec } = world.model.spec;
  world.model.spec = spec;
  world.edit({ autoscaling });
  assert.equal(kinds(world.pass().plan.apply), ["HorizontalPodAutoscaler"]);
  assert.equal(world.revisions, { [first]: 4 });
});

test("an autoscaler that comes to 0 pods is given a first one", () => {
  const { world, first } = serving({ replicas: 0 });
  const { replicas: _, ...spec } = world.model.spec;
  world.model.spec = spec;
  world.edit({ autoscaling });
  world.settle();
  assert.equal(world.revisions, { [first]: 2 });
});

test("without autoscaling its object goes and the number is the spec's again", () => {
  const { world, first } = serving({ autoscaling });
  world.observed.deployments[0]!.spec!.replicas = 4;
  const { autoscaling: _, ...spec } = world.model.spec;
  world.model.spec = spec;
  world.edit({ replicas: 1 });
  assert.equal(kinds(world.pass().plan.remove), ["HorizontalPodAutoscaler", "PodDisruptionBudget"]);
  assert.equal(world.revisions, { [first]: 1 });
});

test("a candidate is brought up with as many pods as serve now, whatever the autoscaler began with", () => {
  const { world, first } = serving({ autoscaling });
  world.observed.deployments[0]!.spec!.replicas = 4;
  world.kubelet();
  world.edit(larger);
  world.pass();
  const { [first]: old, ...others } = world.revisions;
  assert.is(old, 4);
  assert.equal(Object.values(others), [4]);
  assert.is(world.selected, first);
});

test("a candidate follows when the autoscaler adds pods to the serving revision", () => {
  const { world, first, second } = rolling({ autoscaling });
  world.observed.deployments.find((one) => one.metadata?.name?.endsWith(first))!.spec!.replicas = 5;
  world.kubelet();
  world.pass();
  assert.is(world.selected, first, "five serve, so two cannot take over");
  assert.is(world.revisions[second], 5);
  world.kubelet();
  world.pass();
  assert.is(world.selected, second);
});

test("the traffic and the autoscaler move when all pods of the candidate are available", () => {
  const { world, second } = rolling({ autoscaling });
  world.kubelet();
  const { plan, events } = world.pass();
  assert.equal(kinds(plan.apply), ["Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"]);
  assert.equal(
    plan.remove.map(({ metadata }) => metadata?.name),
    ["intent-fr-preview"],
  );
  assert.equal(events, ["Promoted"]);
  assert.is(world.selected, second);
  assert.is(world.observed.autoscaler?.spec?.scaleTargetRef.name, `intent-fr-${second}`);
});

test("a candidate of which one pod is missing gets nothing", () => {
  const { world, first, second } = rolling({ replicas: 2 });
  world.kubelet();
  const missing = world.observed.pods.findIndex(({ metadata }) => metadata?.name?.includes(second));
  world.observed.pods.splice(missing, 1);
  world.pass();
  assert.is(world.selected, first);
});

test("a candidate whose controller has not seen its last change gets nothing", () => {
  const { world, first, second } = rolling();
  world.kubelet();
  const candidate = world.observed.deployments.find((one) => one.metadata?.name?.endsWith(second))!;
  candidate.metadata!.generation! += 1;
  world.pass();
  assert.is(world.selected, first);
});

test("the pods of the old revision go in the pass after the promotion", () => {
  const { world, first, second } = rolling();
  world.kubelet();
  world.pass();
  assert.is(Object.keys(world.revisions).length, 2);
  const { events } = world.pass();
  assert.equal([Object.keys(world.revisions), world.retired], [[second], [first]]);
  assert.equal(events, ["Retired"]);
  assert.ok(isIdle(world.settle().plan));
});

test("without a history the old revision goes in the pass after the promotion", () => {
  const { world, second } = rolling({ rollout: { ...rollout, historyLimit: 0 } });
  world.kubelet();
  world.pass();
  const { events } = world.pass();
  assert.equal([Object.keys(world.revisions), world.retired], [[second], []]);
  assert.equal(events, ["Removed"]);
});

test("going back to a revision without pods brings them up before it gets the traffic", () => {
  const { world, first, second } = rolling({ replicas: 2 });
  world.settle();
  world.edit({ resources: { requests: { cpu: "250m", memory: "1Gi" } } });
  world.pass();
  assert.equal(world.revisions, { [first]: 2, [second]: 2 });
  assert.is(world.selected, second);
  world.settle();
  assert.equal([world.revisions, world.retired], [{ [first]: 2 }, [second]]);
  assert.is(world.selected, first);
});

test("a candidate is reached through the preview Service, as long as it is one", () => {
  const { world, second } = rolling();
  assert.is(world.observed.preview?.spec?.selector?.["intendant.dev/revision"], second);
  world.settle();
  assert.is(world.observed.preview, undefined);
});

test("nothing is changed while it is paused, and all of it afterwards", () => {
  const { world, first } = serving({ paused: false });
  world.edit({ ...larger, paused: true });
  world.observed.service!.metadata!.labels = {};
  assert.ok(isIdle(world.settle().plan));
  assert.equal([world.revisions, world.model.status?.candidate], [{ [first]: 1 }, undefined]);
  world.edit({ paused: false });
  world.settle();
  assert.is.not(world.selected, first);
});

test("nothing is begun while it is paused", () => {
  assert.ok(isIdle(serving({ paused: true }).world.pass().plan));
});

test("an autoscaler does not keep the old revision from losing its pods", () => {
  const { world, first, second } = rolling({ autoscaling });
  world.settle();
  assert.equal([world.revisions, world.retired], [{ [second]: 2 }, [first]]);
});

test("a broken candidate never touches what serves", () => {
  const { world, first, second } = rolling({ replicas: 2 });
  world.settle(() => world.kubelet([second]));
  assert.is(world.selected, first);
  assert.equal(world.revisions, { [first]: 2, [second]: 2 });
});

test("going back removes the candidate and nothing else", () => {
  const { world, first } = rolling();
  world.edit({ resources: { requests: { cpu: "250m", memory: "1Gi" } } });
  const { plan } = world.pass();
  assert.equal(plan.apply, []);
  assert.equal(world.revisions, { [first]: 1 });
  assert.is(world.observed.preview, undefined);
});

test("a newer candidate replaces the one under way", () => {
  const { world, first, second } = rolling();
  world.edit(smaller);
  world.pass();
  assert.is(world.selected, first);
  assert.not(second in world.revisions);
  assert.is(Object.keys(world.revisions).length, 2);
  assert.equal(world.retired, [second]);
});

test("a first revision that never answered is replaced without waiting for it", () => {
  const world = new World();
  world.settle(() => world.kubelet([world.selected!]));
  const broken = world.selected!;
  world.edit(larger);
  world.pass();
  assert.is.not(world.selected, broken);
  world.settle();
  assert.equal(Object.keys(world.revisions), [world.selected]);
});

test("a serving revision that is down for a while is still the one to go back to", () => {
  const { world, first } = serving();
  world.kubelet([first]);
  world.edit(larger);
  world.pass();
  assert.is(world.selected, first);
});

test("a Service that somebody removed comes back with the revision that served", () => {
  const { world, first } = rolling();
  world.observed.service = undefined;
  world.pass();
  assert.is(world.selected, first);
});

test("a Service that somebody pointed elsewhere is put back", () => {
  const { world, first } = rolling();
  world.observed.service!.spec!.selector!["intendant.dev/revision"] = "nowhere";
  world.pass();
  assert.is(world.selected, first);
});

test("a Deployment that somebody removed comes back, with all its pods", () => {
  const { world, first } = serving({ replicas: 3 });
  world.observed.deployments = [];
  world.pass();
  assert.equal(world.revisions, { [first]: 3 });
});

test("what somebody changed in a child is put back", () => {
  const { world } = serving({ autoscaling });
  Object.assign(world.observed.autoscaler?.spec ?? {}, { maxReplicas: 50 });
  world.observed.deployments[0]!.spec!.template.spec!.containers[0]!.image = "other";
  world.observed.service!.metadata!.labels = {};
  const { plan } = world.pass();
  assert.equal(kinds(plan.apply), ["Service", "Deployment", "HorizontalPodAutoscaler"]);
  assert.ok(isIdle(world.pass().plan));
});

test("a new server image is a new revision of every model", () => {
  const { world, first } = serving();
  world.images = { ...images, server: "docker.io/intendant/server:0.2.0" };
  world.settle();
  assert.is.not(world.selected, first);
});

test("while the model cannot be found, everything stays as it is", () => {
  const { world, first, second } = rolling({ replicas: 2 });
  world.kubelet();
  world.observed.source = { problem: { reason: "ModelNotFound", message: "gone" } };
  assert.ok(isIdle(world.pass().plan));
  assert.equal(Object.keys(world.revisions), [first, second]);
});

test("a model that cannot be found from the start gets no object at all", () => {
  const world = new World({ autoscaling });
  world.observed.source = { problem: { reason: "ModelNotFound", message: "none" } };
  assert.ok(isIdle(world.pass().plan));
});

test("another file under the same name is another revision", () => {
  const world = new World({ model: { configMap: { name: "own", key: "model.onnx" } } });
  world.observed.source = { sha256: "ab".repeat(32) };
  world.settle();
  const first = world.selected;
  world.observed.source = { sha256: "cd".repeat(32) };
  world.settle();
  assert.is.not(world.selected, first);
});

test.run();
