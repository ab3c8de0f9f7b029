import type { V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import type { Measurement } from "../../benchmarks/contract.ts";
import type { ModelDeployment } from "../../operator/src/api.ts";
import { slow } from "../support/models.ts";
import { load } from "./load.ts";
import { conditionOf, measurementsOf } from "./measurements.ts";
import { apply, condition, eventually, kubectl, namespacedSuite, read } from "./world.ts";

const demo = "capacity-test";
const test = namespacedSuite("A capacity", demo, 600_000);
const { deploy, underway } = measurementsOf(demo);

/** Milliseconds. */
const promise = 250;
const autoscaling = {
  minReplicas: 1,
  maxReplicas: 3,
  target: "Measured",
  headroom: "70%",
  targetCPUUtilization: 80,
} as const;
const spec: Partial<ModelDeployment["spec"]> = {
  model: { configMap: { name: "slow", key: "model.onnx" } },
  resources: {
    // Little, so that it is the limit and not the machine that keeps a pod from more.
    requests: { cpu: "200m", memory: "256Mi" },
    limits: { cpu: "200m", memory: "256Mi" },
  },
  slo: { p95: `${promise}ms`, errorRate: "1%" },
  autoscaling,
};

let rpsPerReplica = 0;

const autoscaler = async (name: string) =>
  (await read<V2HorizontalPodAutoscaler>("hpa", demo, name))!;

test("is found, with the number of pods held meanwhile, and the autoscaler aims for a share of it", async () => {
  const metadata = { name: "slow", namespace: demo };
  const binaryData = { "model.onnx": slow(800).toString("base64") };
  await apply({ apiVersion: "v1", kind: "ConfigMap", metadata, binaryData });
  await deploy("slow", { ...spec, benchmark: { scenario: "Capacity", warmUp: "0s" } });
  await underway("slow");
  const held = (await autoscaler("slow")).spec;
  assert.equal([held?.minReplicas, held?.maxReplicas], [1, 1]);

  const { status } = await condition(demo, "slow", "Benchmarked", 360);
  const { capacity, autoscaling: aim, benchmark } = status!;
  console.log(JSON.stringify({ capacity, aim, benchmark }));
  rpsPerReplica = Number(capacity?.rpsPerReplica);
  assert.is(capacity?.revision, status?.serving?.revision);
  assert.ok(rpsPerReplica > 0);
  assert.match(aim?.target ?? "", /^\d+m$/);
  const free = await eventually("the autoscaler is free again", 30, async () => {
    const found = (await autoscaler("slow")).spec;
    return found?.maxReplicas === 3 && found;
  });
  const [metric] = free.metrics ?? [];
  assert.equal(metric?.resource?.target, { type: "AverageValue", averageValue: aim?.target });
});

/** What became of half as much again as one pod can take, and how many pods there were meanwhile. */
async function overloaded(name: string): Promise<{ measurement: Measurement; pods: number[] }> {
  const { status } = await condition(demo, name, "Ready");
  const rate = Math.round(1.5 * rpsPerReplica);
  const url = status!.url!;
  const plan = { url, model: name, duration: 150, load: { scenario: "Rate", rate } } as const;
  const traffic = await load(demo, `${name}-load`, plan);
  const pods: number[] = [];
  let isOver = false;
  const measuring = traffic.measured().finally(() => (isOver = true));
  await eventually("the load has ended", plan.duration + 100, async () => {
    const count = (await autoscaler(name)).status?.currentReplicas ?? 0;
    if (!isOver && pods.at(-1) !== count) pods.push(count);
    return isOver;
  });
  return { measurement: await measuring, pods };
}

/** P95 of each part of the time, in milliseconds. */
const over = ({ series }: Measurement) => series!.buckets.map(([, p95]) => p95 ?? Infinity);

/** The P95 that half of the last parts of the time did not exceed. */
function inTheEnd(measurement: Measurement): number {
  const last = over(measurement).slice(-6);
  return last.sort((one, other) => one - other)[Math.floor(last.length / 2)]!;
}

test("is what pods are added by, so that the P95 comes back inside the SLO", async () => {
  const { measurement, pods } = await overloaded("slow");
  console.log(`Measured: ${pods.join(", ")} pods, P95 over time ${over(measurement).join(" ")} ms`);
  assert.ok(Math.max(...pods) > 1);
  assert.ok(inTheEnd(measurement) <= promise, `P95 is ${inTheEnd(measurement)} ms in the end`);
});

test("does not guide an autoscaler with the usual target, which is shown beside", async () => {
  await kubectl("delete", "mdep", "slow", "-n", demo);
  await apply({
    apiVersion: "intendant.dev/v1alpha1",
    kind: "ModelDeployment",
    metadata: { name: "usual", namespace: demo },
    spec: { ...spec, autoscaling: { ...autoscaling, target: "Utilization" } },
  });
  const model = await condition(demo, "usual", "Ready");
  assert.is(conditionOf(model, "Benchmarked")?.reason, "NotRequested");
  const { measurement, pods } = await overloaded("usual");
  console.log(`80 %: ${pods.join(", ")} pods, P95 over time ${over(measurement).join(" ")} ms`);
  const { status } = (await read<ModelDeployment>("mdep", demo, "usual"))!;
  assert.equal(status?.autoscaling, {
    target: "80%",
    source: "spec.autoscaling.targetCPUUtilization",
  });
});

test.run();
