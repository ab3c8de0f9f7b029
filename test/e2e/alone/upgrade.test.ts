import { readFileSync } from "node:fs";
import type { V1Deployment, V1Pod, V1Service } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { startTraffic } from "../../faults/traffic.ts";
import { suite } from "../../support/suite.ts";
import { previousRelease, previousVersion } from "./previous-release.ts";
import {
  ask,
  condition,
  eventually,
  installed,
  intentModel,
  apply,
  kubectl,
  list,
  namespace,
  read,
  release,
  system,
} from "../world.ts";

const demo = "upgrade-test";
const test = suite("A release", 600_000);
const chart = "charts/intendant";
const crd = "modeldeployments.intendant.dev";
const selector = "intendant.dev/model=steady";
const version: string = parse(readFileSync(`${chart}/Chart.yaml`, "utf8")).appVersion;
let previous = "";

const operators = () => list<V1Pod>("pod", system, "app.kubernetes.io/component=operator");
const servers = async () =>
  (await list<V1Pod>("pod", demo, selector)).filter(({ metadata }) => !metadata?.deletionTimestamp);
const imagesOf = (pods: V1Pod[]) => [
  ...new Set(pods.map(({ spec }) => spec!.containers[0]!.image!.split(":").at(-1))),
];

/** Waits until operator and model server are of a version, and nothing else is left. */
async function serves(wanted: string): Promise<ModelDeployment> {
  return eventually(`${wanted} is what serves`, 240, async () => {
    const [model, pods] = [await read<ModelDeployment>("mdep", demo, "steady"), await servers()];
    const running = [...imagesOf(await operators()), ...imagesOf(pods)];
    const isWhole = model?.status?.replicas === 2 && pods.length === 2;
    return isWhole && running.every((tag) => tag === wanted) && !model.status?.candidate
      ? model
      : undefined;
  });
}

test.before(async () => {
  previous = await previousRelease();
  await installed();
  // From here on there is nothing of this checkout in the cluster.
  await release("uninstall", "--ignore-not-found");
  await kubectl("delete", "crd", crd, "--ignore-not-found", "--timeout=2m");
  await namespace(demo);
  await release("install", previous, "--create-namespace");
});

test.after(async () => {
  await installed();
  await kubectl("delete", "namespace", demo, "--wait=false");
});

test("is upgraded, rolled back, upgraded and uninstalled without a lost request", async () => {
  const resources = { requests: { cpu: "50m", memory: "256Mi" } };
  await apply(intentModel("steady", demo, { replicas: 2, resources }));
  await condition(demo, "steady", "Ready");
  const before = await serves(previousVersion);
  const service = await read<V1Service>("service", demo, "steady");
  const url = `http://${service!.spec!.clusterIP}`;
  // What is ready is not reached before the node has been told of it.
  await eventually(
    "the Service answers",
    30,
    async () => (await fetch(`${url}/v2/health/ready`)).ok,
  );
  const traffic = startTraffic({ url, model: "steady", rate: 50 });
  try {
    // Helm would take the old chart's defaults along, in which there is nothing new.
    await release("upgrade", chart, "--reuse-values").then(
      () => assert.unreachable("it was upgraded"),
      (error: Error) => assert.match(error.message, "use --reset-then-reuse-values"),
    );
    await release("upgrade", chart, "--reset-then-reuse-values");
    const upgraded = await serves(version);
    assert.is.not(upgraded.status?.serving?.revision, before.status?.serving?.revision);
    assert.is(upgraded.metadata.uid, before.metadata.uid);

    await release("rollback");
    const back = await serves(previousVersion);
    assert.is(back.status?.serving?.revision, before.status?.serving?.revision);

    await release("upgrade", chart);
    await serves(version);
    await release("uninstall");
    await eventually("the operator has ended", 60, async () => (await operators()).length === 0);
  } finally {
    const { failures, lost, resent, reasons } = await traffic.ended(1000);
    assert.equal(
      { failures, lost, resent, reasons },
      { failures: 0, lost: 0, resent: 0, reasons: {} },
    );
  }
});

test("that was uninstalled leaves the definition and what serves", async () => {
  assert.ok(await read("crd", "", crd));
  assert.is((await servers()).length, 2);
  const intents = await ask<object[]>(demo, "steady", "/api/intent?sentence=bonjour");
  assert.is(intents.length, 8);
  assert.is(await kubectl("get", "clusterrole", "intendant", "--ignore-not-found"), "");
});

test("that is installed again goes on with what is there, without a new pod", async () => {
  const names = async () => (await servers()).map(({ metadata }) => metadata?.name);
  const before = await names();
  await release("install", chart);
  await kubectl("scale", "mdep/steady", "-n", demo, "--replicas=3");
  await eventually("the operator adds a pod", 120, async () => (await names()).length === 3);
  const after = await names();
  assert.ok(before.every((name) => after.includes(name)));
});

test("that does not keep the definition takes everything with it", async () => {
  await release("upgrade", chart, "--set", "crds.keep=false");
  await release("uninstall");
  await kubectl("wait", "--for=delete", `crd/${crd}`, "--timeout=2m");
  await eventually("nothing of the model is left", 120, async () => {
    const deployments = await list<V1Deployment>("deployment", demo, selector);
    const services = await list<V1Service>("service", demo, selector);
    return deployments.length + services.length + (await servers()).length === 0;
  });
});

test.run();
