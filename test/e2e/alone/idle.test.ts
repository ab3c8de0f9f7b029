import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { KubeObject } from "../../../operator/src/kube/resource.ts";
import {
  apply,
  command,
  condition,
  eventually,
  intentModel,
  kubectl,
  list,
  namespacedSuite,
  system,
} from "../world.ts";

const demo = "idle-test";
/** A short form of what `make bench-operator` measures with thousands of models for ten minutes. */
const test = namespacedSuite("An operator with nothing to do", demo, 300_000);

const count = 20;
const name = (index: number) => `model-${index}`;

/**
 * All that the operator writes: of ModelDeployments everything, and of the other objects all but
 * their status, which is their controllers' and may change at any time.
 */
async function written(): Promise<object[]> {
  const kinds = ["deployments", "services", "hpa", "pdb", "networkpolicies"];
  const others = await Promise.all(kinds.map((kind) => list<KubeObject>(kind, demo)));
  const specs = others.flat().map((object) => {
    const { status: _, ...rest } = object as KubeObject & { status?: object };
    return { ...rest, metadata: { ...rest.metadata, resourceVersion: undefined } };
  });
  const models = await list<ModelDeployment>("mdep", demo);
  return [...models, ...specs];
}

/** Passes over ModelDeployments, and writes but for the lease, since the operator was started. */
async function counters(): Promise<{ passes: number; writes: string[] }> {
  const service = `/api/v1/namespaces/${system}/services/intendant-metrics:9090/proxy/metrics`;
  const metrics = await kubectl("get", "--raw", service);
  const passes = metrics.matchAll(/^intendant_reconcile_total\{.*\} (\d+)$/gm);
  const calls = metrics.match(/^intendant_api_calls_total\{.*$/gm) ?? [];
  return {
    passes: [...passes].reduce((sum, [, passes]) => sum + Number(passes), 0),
    writes: calls.filter((call) => !/method="GET"|resource="leases"/.test(call)),
  };
}

test("looks at everything again when it is started anew, and writes nothing", async () => {
  const autoscaling = {
    minReplicas: 1,
    maxReplicas: 2,
    target: "Utilization",
    headroom: "70%",
    targetCPUUtilization: 80,
  } as const;
  await apply(intentModel("serving", demo, { autoscaling }));
  // Without pods: what is written about a model does not depend on how many it has.
  for (let index = 0; index < count; index += 1) {
    await apply(intentModel(name(index), demo, { replicas: 0 }));
  }
  await condition(demo, "serving", "Ready");
  for (let index = 0; index < count; index += 1) await condition(demo, name(index), "Ready");
  const described = async () =>
    (await list<ModelDeployment>("mdep", demo)).some(
      ({ status }) => status?.serving?.sha256 && status.footprint,
    );
  await eventually("it is known what is served and what it costs", 60, described);

  const before = await written();
  await command("kubectl", ["rollout", "restart", "deployment/intendant", "-n", system]);
  await command("kubectl", ["rollout", "status", "deployment/intendant", "-n", system]);
  const { writes } = await eventually("a pass over every model", 90, async () => {
    const counted = await counters();
    return counted.passes > count && counted;
  });
  assert.equal(writes, []);
  assert.equal(await written(), before);
});

test.run();
