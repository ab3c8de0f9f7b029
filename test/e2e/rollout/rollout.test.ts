import type { V1Deployment } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { load } from "../load.ts";
import {
  apply,
  condition,
  eventually,
  intentModel,
  kubectl,
  list,
  namespacedSuite,
  read,
} from "../world.ts";

const demo = "rollout-test";
const test = namespacedSuite("A rollout", demo, 240_000);

const model = async (name: string) => (await read<ModelDeployment>("mdep", demo, name))!;
/** The revisions whose Deployments ask for pods. */
const deployments = async (name: string) =>
  (await list<V1Deployment>("deployment", demo, `intendant.dev/model=${name}`))
    .filter(({ spec }) => spec?.replicas !== 0)
    .map(({ metadata }) => metadata?.labels?.["intendant.dev/revision"]);

/** Waits until another revision than the given one is the only one. */
const replaced = (name: string, revision: string | undefined) =>
  eventually(`${name} serves another revision than ${revision}`, 120, async () => {
    const { status } = await model(name);
    const serving = status?.serving?.revision;
    const only = (await deployments(name)).join() === serving;
    return serving !== revision && only && !status?.candidate ? serving : undefined;
  });

const settings = (millicores: number) => ({
  replicas: 2,
  resources: { requests: { cpu: `${millicores}m`, memory: "256Mi" } },
});

test("under steady load loses no request", async () => {
  await apply(intentModel("steady", demo, settings(50)));
  const before = await condition(demo, "steady", "Ready");
  const traffic = await load(demo, "steady-load", {
    url: before.status!.url!,
    model: "steady",
    duration: 45,
    load: { scenario: "Rate", rate: 50 },
  });
  await traffic.started();
  await apply(intentModel("steady", demo, settings(60)));
  const second = await replaced("steady", before.status?.serving?.revision);
  await apply(intentModel("steady", demo, settings(50)));
  assert.is(
    await replaced("steady", second),
    before.status?.serving?.revision,
    "the same settings are the same revision",
  );

  // On a busy machine k6 starts some requests of the rate too late, and counts them as dropped; of
  // those that it sent, each one must be answered.
  const { requests, errors, failedChecks } = await traffic.measured();
  assert.equal({ errors, failedChecks }, { errors: 0, failedChecks: 0 });
  assert.ok(requests >= 50 * 45 * 0.8, `only ${requests} requests were sent`);
});

test("to a model that cannot be served leaves the serving revision alone", async () => {
  await apply(intentModel("careful", demo));
  const before = await condition(demo, "careful", "Ready");
  const wrong = { model: { bundled: "intent-fr", sha256: "0".repeat(64) } };
  await apply(intentModel("careful", demo, wrong));

  const during = await eventually("the candidate is reported", 60, async () => {
    const now = await model("careful");
    return now.status?.candidate && now.status.observedGeneration === now.metadata?.generation
      ? now
      : undefined;
  });
  const ready = during.status?.conditions?.find(({ type }) => type === "Ready");
  assert.equal([ready?.status, ready?.observedGeneration], ["True", before.metadata.generation]);
  assert.match(ready?.message ?? "", new RegExp(before.status!.serving!.revision));
  const reconciling = during.status?.conditions?.find(({ type }) => type === "Reconciling");
  assert.is(reconciling?.status, "True");
  assert.is(during.status?.serving?.revision, before.status?.serving?.revision);

  await apply(intentModel("careful", demo, { model: { bundled: "intent-fr" } }));
  const after = await condition(demo, "careful", "Ready");
  assert.is(after.status?.serving?.revision, before.status?.serving?.revision);
  await eventually(
    "the candidate is gone",
    60,
    async () => (await deployments("careful")).length === 1,
  );
});

test("keeps to `kubectl scale`", async () => {
  await apply(intentModel("scaled", demo));
  const before = await condition(demo, "scaled", "Ready");
  await kubectl("scale", "mdep/scaled", "-n", demo, "--replicas=2");
  const after = await eventually("two pods serve", 60, async () => {
    const now = await model("scaled");
    return now.status?.replicas === 2 ? now : undefined;
  });
  assert.is(after.status?.serving?.revision, before.status?.serving?.revision);
});

test.run();
