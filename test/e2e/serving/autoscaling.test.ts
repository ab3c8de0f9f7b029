import type { V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import { load } from "../load.ts";
import { apply, condition, eventually, intentModel, namespacedSuite, read } from "../world.ts";

const demo = "autoscaling-test";
const test = namespacedSuite("Autoscaling", demo, 420_000);

test("adds pods under load, takes them away again, and the operator never interferes", async () => {
  const spec = {
    autoscaling: {
      minReplicas: 1,
      maxReplicas: 3,
      target: "Utilization" as const,
      headroom: "70%",
      targetCPUUtilization: 50,
    },
    resources: { requests: { cpu: "50m", memory: "256Mi" } },
  };
  await apply(intentModel("elastic", demo, spec));
  const { status } = await condition(demo, "elastic", "Ready");
  const replicas = async () =>
    (await read<V2HorizontalPodAutoscaler>("hpa", demo, "elastic"))?.status?.currentReplicas ?? 0;
  await eventually("the autoscaler sees one pod", 60, async () => (await replicas()) === 1);

  const traffic = await load(demo, "elastic-load", {
    url: status!.url!,
    model: "elastic",
    duration: 60,
    load: { scenario: "Rate", rate: 200 },
  });
  await eventually("there are more pods", 90, async () => (await replicas()) > 1);
  const { errors, requests } = await traffic.measured();
  assert.is(errors, 0);
  assert.ok(requests > 0);
  await eventually("there is one pod again", 180, async () => (await replicas()) === 1);
});

test.run();
