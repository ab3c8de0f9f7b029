import type { V1Deployment } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import { conditionOf, longer, measurementsOf, refuses, small } from "../measurements.ts";
import { condition, eventually, kubectl, list, namespacedSuite } from "../world.ts";

const demo = "disturbances-test";
const test = namespacedSuite("A measurement", demo, 300_000);
const { deploy, model, reason, remeasured, underway } = measurementsOf(demo);

test("of a revision that loses the traffic is broken off, stale, and made anew", async () => {
  await remeasured("changed");
  await deploy("changed", { benchmark: longer, resources: small(300), slo: { p95: "5s" } });
  const stale = await reason("changed", "Stale");
  assert.is(stale.status?.benchmark, undefined);
  const broken = await eventually("the run is in the history", 60, async () => {
    const found = await model("changed");
    return found.status?.history?.[0]?.outcome === "RevisionChanged" && found;
  });
  assert.is(conditionOf(broken, "WithinSLO")?.status, "Unknown");
  const after = await condition(demo, "changed", "WithinSLO", 180);
  assert.is(after.status?.benchmark?.revision, after.status?.serving?.revision);
  assert.equal(
    after.status?.history?.map(({ outcome }) => outcome),
    ["Valid", "RevisionChanged", "Valid"],
  );
});

test("of which a pod goes away meanwhile is none", async () => {
  await remeasured("restarted");
  const selector = "app.kubernetes.io/name=model-server,intendant.dev/model=restarted";
  await kubectl("delete", "pod", "-n", demo, "-l", selector, "--wait=false");
  refuses(await reason("restarted", "PodRestarted"), "PodRestarted", /disappeared|started/);
});

test("of which the number of pods changes meanwhile is none, and made anew for the new number", async () => {
  await remeasured("scaled");
  await kubectl("scale", "mdep/scaled", "-n", demo, "--replicas=2");
  const found = await eventually("the run is in the history", 60, async () => {
    const { status } = await model("scaled");
    return status?.history?.[0]?.outcome === "ReplicasChanged" && status;
  });
  assert.match(found.history?.[0]?.message ?? "", /from 1 to 2/);
  const { status } = await condition(demo, "scaled", "Benchmarked", 180);
  assert.is(status?.benchmark?.replicas, 2);
});

test("of which an autoscaler adds pods meanwhile is none", async () => {
  const autoscaling = {
    minReplicas: 1,
    maxReplicas: 2,
    target: "Utilization",
    headroom: "70%",
    targetCPUUtilization: 80,
  } as const;
  await deploy("elastic", { autoscaling, benchmark: longer });
  await underway("elastic");
  const selector = "intendant.dev/model=elastic";
  const [deployment] = await list<V1Deployment>("deployment", demo, selector);
  await kubectl("scale", `deployment/${deployment?.metadata?.name}`, "-n", demo, "--replicas=2");
  refuses(await reason("elastic", "ReplicasChanged"), "ReplicasChanged", /from 1 to 2/);
});

test.run();
