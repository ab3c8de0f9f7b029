import * as assert from "uvu/assert";
import { type ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { conditionTypes, type ConditionType } from "../../../operator/src/api/reasons.ts";
import { Stalled, Waiting } from "../../../operator/src/diagnosis/errors.ts";
import { suite } from "../../support/suite.ts";
import { autoscaling, capture, enrichment, larger } from "../fixtures.ts";
import { World } from "../world.ts";

const test = suite("status");

const taken = new Stalled({ reason: "NameTaken", message: "Service intent-fr exists" });

/** `Ready=True Serving`, for instance. */
const says = (world: World, type: ConditionType) => {
  const { status, reason } = world.condition(type);
  return `${type}=${status} ${reason}`;
};
const saysAll = (world: World) =>
  (["Ready", "Reconciling", "Stalled"] as const).map((type) => says(world, type));

const generations = (world: World) =>
  Object.fromEntries(
    (["Ready", "Reconciling", "Stalled"] as const).map((type) => [
      type,
      world.condition(type).observedGeneration,
    ]),
  );

function serving(spec: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World(spec);
  world.settle();
  return world;
}

/** A second revision is being brought up beside the first. */
function rolling(spec: ConstructorParameters<typeof World>[0] = {}) {
  const world = serving(spec);
  const first = world.selected!;
  world.edit(larger);
  world.pass();
  const [second = ""] = Object.keys(world.revisions).filter((revision) => revision !== first);
  return { world, first, second };
}

/** The Deployment controller has waited long enough. */
function overdue(world: World, revision: string): void {
  const deployment = world.observed.deployments.find(({ metadata }) =>
    metadata?.name?.endsWith(revision),
  )!;
  deployment.status = {
    ...deployment.status,
    conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }],
  };
}

test("has all conditions from the first pass on, in one order, about this generation", () => {
  const world = new World({ capture, enrichment });
  const { status } = world.pass();
  assert.equal(
    status.conditions?.map(({ type }) => type),
    [...conditionTypes],
  );
  assert.equal([...new Set(status.conditions?.map((one) => one.observedGeneration))], [1]);
  assert.is(status.observedGeneration, 1);
});

test("speaks of capture and enrichment only where the spec asks for them", () => {
  const types = (spec: Partial<ModelDeployment["spec"]>) =>
    new World(spec)
      .pass()
      .status.conditions?.slice(5)
      .map(({ type }) => type);
  assert.equal(types({}), []);
  assert.equal(types({ capture }), ["Capturing"]);
  assert.equal(types({ capture, enrichment }), ["Capturing", "Enriching"]);
});

test("of a model that is starting is reconciling, and names nothing as serving", () => {
  const world = new World();
  const { status } = world.pass();
  assert.equal(saysAll(world), [
    "Ready=False ReplicasUnavailable",
    "Reconciling=True ReplicasUnavailable",
    "Stalled=False NoProblem",
  ]);
  assert.is(
    world.condition("Ready").message,
    `revision ${world.selected}: 0/1 replicas are available`,
  );
  assert.is(status.serving, undefined);
});

test("of a model that serves says what, since when, and where", () => {
  const world = new World({ replicas: 2 });
  world.settle();
  world.now = new Date("2026-10-01T13:00:00Z");
  const { status } = world.pass();
  assert.equal(saysAll(world), [
    "Ready=True Serving",
    "Reconciling=False Settled",
    "Stalled=False NoProblem",
  ]);
  assert.is(
    world.condition("Ready").message,
    `revision ${world.selected}: 2/2 replicas are available`,
  );
  assert.equal(status.serving, {
    revision: world.selected,
    image: "docker.io/intendant/server:0.1.0",
    since: "2026-10-01T12:00:00Z",
  });
  assert.is(status.url, "http://intent-fr.demo.svc");
  assert.is(status.replicas, 2);
  assert.is(
    status.selector,
    `app.kubernetes.io/name=model-server,intendant.dev/model=intent-fr,intendant.dev/revision=${world.selected}`,
  );
});

test("shows what the server says about its model, and keeps it", () => {
  const world = serving();
  const model = {
    sha256: "ab".repeat(32),
    inputs: [{ name: "sentence", datatype: "BYTES", shape: [-1, 1] }],
    outputs: [{ name: "label", datatype: "BYTES", shape: [-1] }],
  };
  world.observed.models = new Map([[world.selected!, model]]);
  const { sha256, inputs, outputs } = world.pass().status.serving!;
  assert.equal({ sha256, inputs, outputs }, model);
  world.observed.models = new Map();
  assert.is(world.pass().status.serving?.sha256, model.sha256);
});

test("shows size, opset and labels of a model, and what it costs", () => {
  const world = serving();
  const revision = world.selected!;
  const labels = ["yes", "no"];
  const description = { sha256: "ab".repeat(32), inputs: [], outputs: [], labels };
  world.observed.models = new Map([[revision, { ...description, sizeBytes: 785_770, opset: 17 }]]);
  world.observed.pulls = new Map([[revision, { pod: "a-pod", seconds: 0 }]]);
  const { status } = world.pass();
  const { size, opset, labels: shown } = status.serving ?? {};
  assert.equal([size, opset, shown], ["767Ki", 17, labels]);
  assert.equal(status.footprint, { revision, coldStart: { pull: "0s" } });
  world.observed.models = new Map();
  world.observed.pulls = new Map();
  const after = world.pass().status;
  assert.equal([after.serving, after.footprint], [status.serving, status.footprint]);
});

test("does not show one revision's model as another's", () => {
  const { world, first } = rolling();
  world.observed.models = new Map([[first, { sha256: "ab".repeat(32), inputs: [], outputs: [] }]]);
  world.pass();
  world.observed.models = new Map();
  world.settle();
  assert.is(world.model.status?.serving?.sha256, undefined);
});

test("moves a transition time only with the status of the condition", () => {
  const world = new World();
  world.pass();
  const before = world.condition("Ready");
  world.now = new Date("2026-10-01T12:00:05Z");
  world.edit({ replicas: 2 });
  world.pass();
  assert.is.not(world.condition("Ready").message, before.message);
  assert.is(world.condition("Ready").lastTransitionTime, "2026-10-01T12:00:00Z");
  world.pass(new Waiting("another reason"));
  assert.is(world.condition("Ready").lastTransitionTime, "2026-10-01T12:00:00Z");
  world.kubelet();
  world.pass();
  assert.is(world.condition("Ready").lastTransitionTime, "2026-10-01T12:00:05Z");
});

test("of a rollout says what is coming and what continues to serve", () => {
  const { world, first, second } = rolling({ replicas: 2 });
  assert.equal(saysAll(world), [
    "Ready=True Serving",
    "Reconciling=True RollingOut",
    "Stalled=False NoProblem",
  ]);
  assert.is(world.condition("Ready").message, `revision ${first}: 2/2 replicas are available`);
  assert.equal(generations(world), { Ready: 1, Reconciling: 2, Stalled: 2 });
  assert.is(
    world.condition("Reconciling").message,
    `revision ${second}: 0/2 replicas are available; revision ${first} continues to serve`,
  );
  const { status } = world.model;
  assert.is(status?.serving?.revision, first);
  assert.equal(status?.candidate, {
    revision: second,
    since: "2026-10-01T12:00:00Z",
  });
});

test("after a promotion names the new revision and its time", () => {
  const { world, first, second } = rolling();
  world.now = new Date("2026-10-01T12:10:00Z");
  world.kubelet();
  const { status } = world.pass();
  assert.equal(saysAll(world)[0], "Ready=True Serving");
  assert.equal(generations(world), { Ready: 2, Reconciling: 2, Stalled: 2 });
  assert.equal([status.serving?.revision, status.serving?.since], [second, "2026-10-01T12:10:00Z"]);
  assert.is(status.candidate, undefined);
  assert.is.not(first, second);
});

test("of a broken candidate shows the pod's own reason, and refuses it after the deadline", () => {
  const { world, first, second } = rolling();
  world.kubelet([second]);
  const pod = world.observed.pods.find(({ metadata }) => metadata?.name?.includes(second))!;
  const reason = "ImagePullBackOff";
  pod.status!.containerStatuses = [
    {
      name: "server",
      image: "server:9",
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { waiting: { reason, message: "" } },
    },
  ];
  world.pass();
  assert.equal(saysAll(world), [
    "Ready=True Serving",
    "Reconciling=True RollingOut",
    "Stalled=False NoProblem",
  ]);

  world.now = new Date("2026-10-01T12:05:00Z");
  const { events, status } = world.pass();
  assert.equal(saysAll(world), [
    "Ready=True Serving",
    "Reconciling=False ImagePullBackOff",
    "Stalled=True ImagePullBackOff",
  ]);
  assert.equal(generations(world), { Ready: 1, Reconciling: 2, Stalled: 2 });
  assert.is(
    world.condition("Stalled").message,
    `revision ${second} was refused: not ready within 5m: revision ${second}: 0/1 replicas are ` +
      "available: image server:9 cannot be pulled; correct the image in the spec or the chart's image.server, or " +
      "give the node access to the registry; change the spec, or try again with: " +
      'kubectl annotate mdep/intent-fr -n demo intendant.dev/retry="$(date)" --overwrite; ' +
      `revision ${first} continues to serve`,
  );
  assert.equal(events, ["ImagePullBackOff"]);
  assert.is(status.serving?.revision, first);
  assert.equal(world.pass().events, ["Retired"]);
  assert.equal(world.pass().events, [], "the same is no news");
});

test("of a revision that is overdue without a reason says so", () => {
  const world = new World();
  world.pass();
  overdue(world, world.selected!);
  world.pass();
  assert.is(says(world, "Stalled"), "Stalled=True ProgressDeadlineExceeded");
});

test("of a model whose pods went away is not Ready", () => {
  const world = serving({ replicas: 2 });
  world.observed.pods.pop();
  world.pass();
  assert.equal(saysAll(world).slice(0, 2), [
    "Ready=False ReplicasUnavailable",
    "Reconciling=True ReplicasUnavailable",
  ]);
  assert.is(
    world.condition("Ready").message,
    `revision ${world.selected}: 1/2 replicas are available`,
  );
});

test("does not become unready because an autoscaler adds pods", () => {
  const world = serving({ autoscaling });
  const [deployment] = world.observed.deployments;
  deployment!.spec!.replicas = 5;
  deployment!.metadata!.generation! += 1;
  world.pass();
  assert.is(says(world, "Ready"), "Ready=True Serving");
});

test("of a model that was scaled to zero says so", () => {
  const world = serving({ replicas: 0 });
  assert.is(says(world, "Ready"), "Ready=True ScaledToZero");
  assert.is(world.model.status?.replicas, 0);
});

test("of a source that is missing is stalled, and the serving revision goes on", () => {
  const world = serving();
  const problem = { reason: "ModelNotFound", message: "ConfigMap own does not exist" };
  world.observed.source = { problem };
  world.edit({});
  const { events, status } = world.pass();
  assert.equal(saysAll(world), [
    "Ready=True Serving",
    "Reconciling=False ModelNotFound",
    "Stalled=True ModelNotFound",
  ]);
  assert.equal(generations(world), { Ready: 1, Reconciling: 2, Stalled: 2 });
  assert.is(
    world.condition("Stalled").message,
    `ConfigMap own does not exist; revision ${world.selected} continues to serve`,
  );
  assert.is(status.serving?.revision, world.selected);
  assert.equal(events, ["ModelNotFound"]);
});

test("of a plan that could not be carried out names no address and nothing as serving", () => {
  const world = new World();
  const { status, events } = world.pass(taken);
  assert.equal(saysAll(world), [
    "Ready=False NameTaken",
    "Reconciling=False NameTaken",
    "Stalled=True NameTaken",
  ]);
  assert.equal([status.url, status.selector, status.serving], [undefined, undefined, undefined]);
  assert.equal(events, ["NameTaken"]);
});

test("of a promotion that could not be carried out still names the old revision", () => {
  const { world, first, second } = rolling();
  world.kubelet();
  const { status, events } = world.pass(new Waiting("the namespace is being terminated"));
  assert.is(status.serving?.revision, first);
  assert.is(status.candidate?.revision, second);
  assert.equal(saysAll(world), [
    "Ready=True Serving",
    "Reconciling=True Waiting",
    "Stalled=False NoProblem",
  ]);
  assert.equal(events, []);
});

test("is the same again when nothing has changed", () => {
  const { world } = rolling({
    autoscaling,
    benchmark: { scenario: "Users", duration: "30s", warmUp: "0s" },
  });
  world.pass();
  const before = structuredClone(world.model.status);
  world.now = new Date("2026-10-01T12:04:59Z");
  world.pass();
  assert.equal(world.model.status, before);
});

test("of a paused model says what waits, and is not Ready for what it does not serve", () => {
  const world = serving();
  const first = world.selected!;
  world.edit({ paused: true });
  world.pass();
  assert.is(says(world, "Reconciling"), "Reconciling=False Paused");
  assert.is(world.condition("Ready").observedGeneration, 2);
  world.edit(larger);
  world.pass();
  assert.equal(saysAll(world), [
    "Ready=True Serving",
    "Reconciling=True Paused",
    "Stalled=False NoProblem",
  ]);
  assert.equal(generations(world), { Ready: 2, Reconciling: 3, Stalled: 3 });
  assert.is(world.selected, first);
});

test("of a model that was paused before it began is not Ready", () => {
  const world = new World({ paused: true });
  world.pass();
  assert.is(says(world, "Ready"), "Ready=False Paused");
  assert.is(says(world, "Reconciling"), "Reconciling=True Paused");
});

test("messages have no full stop and no time in them", () => {
  const { world } = rolling();
  for (const { message } of world.model.status?.conditions ?? []) {
    assert.not.match(message, /\.$|\d\d:\d\d/);
  }
});

test("events are told once", () => {
  const world = new World();
  const told = [];
  for (let passes = 0; passes < 6; passes += 1) {
    told.push(...world.pass().events);
    world.kubelet();
  }
  assert.equal(told, ["Created", "Promoted"]);
});

test.run();
