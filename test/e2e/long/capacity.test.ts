import type { V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import type { Measurement } from "../../../benchmarks/contract.ts";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { slow } from "../../../tools/support/models.ts";
import { load } from "../load.ts";
import { conditionOf, measurementsOf } from "../measurements.ts";
import { apply, condition, eventually, kubectl, namespacedSuite, read } from "../world.ts";

const demo = "capacity-test";
const test = namespacedSuite("A capacity", demo, 600_000);
const { deploy, underway } = measurementsOf(demo);

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
  slo: { p95: "250ms", errorRate: "1%" },
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
  const { capacity, benchmark } = status!;
  console.log(JSON.stringify({ capacity, benchmark }));
  rpsPerReplica = Number(capacity?.rpsPerReplica);
  assert.is(capacity?.revision, status?.serving?.revision);
  assert.ok(rpsPerReplica > 0);
  // The autoscaler is told of it in the pass that follows the one in which it was read.
  const aim = await eventually("the autoscaler aims for a share of it", 30, async () => {
    const target = (await read<ModelDeployment>("mdep", demo, "slow"))?.status?.autoscaling?.target;
    return target?.endsWith("m") && target;
  });
  const free = await eventually("the autoscaler is free again", 30, async () => {
    const found = (await autoscaler("slow")).spec;
    return found?.maxReplicas === 3 && found;
  });
  const [metric] = free.metrics ?? [];
  assert.equal(metric?.resource?.target, { type: "AverageValue", averageValue: aim });
});

/**
 * What becomes of half as much again as one pod can take: at first, and once an autoscaler has had a
 * minute. Clients that keep their connections stay with the pod that they have, so others come then.
 */
async function overloaded(name: string): Promise<{ first: Measurement; later: Measurement }> {
  const { status } = await condition(demo, name, "Ready");
  const rate = Math.round(1.5 * rpsPerReplica);
  const ask = async (part: string, duration: number) => {
    const scenario = { scenario: "Rate", rate } as const;
    const plan = { url: status!.url!, model: name, duration, load: scenario };
    const traffic = await load(demo, `${name}-${part}`, plan);
    return traffic.measured();
  };
  const [first, later] = [await ask("first", 60), await ask("later", 40)];
  const pods = (await autoscaler(name)).status?.currentReplicas;
  const shown = [first, later].map(({ latency, errors, requests }) => {
    return `P95 ${latency?.p95} ms, ${errors} of ${requests} failed`;
  });
  console.log(`${name} at ${rate}/s: ${shown.join("; then ")}; ${pods} pods in the end`);
  return { first, later };
}

test("is what pods are added by, before more requests fail", async () => {
  const { first, later } = await overloaded("slow");
  const failed = ({ errors, requests }: Measurement) => errors / requests;
  assert.ok(failed(later) <= failed(first), `${failed(later)} of the requests failed in the end`);
  assert.ok(((await autoscaler("slow")).status?.currentReplicas ?? 0) > 1);
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
  await overloaded("usual");
  const { status } = (await read<ModelDeployment>("mdep", demo, "usual"))!;
  assert.equal(status?.autoscaling, {
    target: "80%",
    source: "spec.autoscaling.targetCPUUtilization",
  });
});

test.run();
