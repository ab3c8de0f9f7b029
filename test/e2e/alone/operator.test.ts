import type { V1Deployment } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { KubeObject } from "../../../operator/src/kube/resource.ts";
import { measurementsOf } from "../measurements.ts";
import {
  apply,
  condition,
  eventually,
  installed,
  intentModel,
  kubectl,
  list,
  namespacedSuite,
  raw,
  read,
  release,
  system,
} from "../world.ts";

const demo = "operator-test";
const test = namespacedSuite("An operator as the chart installs it", demo, 300_000);
const { deploy, jobs } = measurementsOf(demo);

test.before(async () => {
  await release("upgrade", "charts/intendant", "--reset-values");
});
test.after(installed);

test("does not measure two models at the same time", async () => {
  const names = ["one", "two"];
  for (const name of names) await deploy(name);
  for (const name of names) await condition(demo, name, "Benchmarked", 180);
  const found = (await Promise.all(names.map(jobs))).flat();
  const ends = found.map(({ status }) => Date.parse(String(status?.completionTime)));
  const begins = found.map(({ status }) => Date.parse(String(status?.startTime)));
  assert.is(found.length, 2);
  assert.ok(Math.min(...ends) <= Math.max(...begins), `they overlap: ${JSON.stringify(found)}`);
  await kubectl("delete", "mdep", ...names, "-n", demo);
});

test("goes on when it is killed in the middle of a rollout", async () => {
  const settings = (millicores: number) => ({
    resources: { requests: { cpu: `${millicores}m`, memory: "256Mi" } },
  });
  const active = async () =>
    (await list<V1Deployment>("deployment", demo, "intendant.dev/model=patient")).filter(
      ({ spec }) => spec?.replicas !== 0,
    );
  await apply(intentModel("patient", demo, settings(50)));
  const before = await condition(demo, "patient", "Ready");
  await apply(intentModel("patient", demo, settings(70)));
  await eventually(
    "the candidate's Deployment exists",
    30,
    async () => (await active()).length === 2,
  );
  const operator = ["-n", system, "-l", "app.kubernetes.io/name=intendant"];
  await kubectl("delete", "pod", ...operator, "--force", "--grace-period=0");
  await eventually("another revision is the only one", 120, async () => {
    const { status } = (await read<ModelDeployment>("mdep", demo, "patient"))!;
    const isOther = status?.serving?.revision !== before.status?.serving?.revision;
    return isOther && !status?.candidate && (await active()).length === 1;
  });
  await condition(demo, "patient", "Ready");
  await kubectl("delete", "mdep", "patient", "-n", demo);
});

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
    const fields = (rest.metadata?.managedFields ?? []) as { manager?: string }[];
    const managedFields = fields.filter(({ manager }) => manager !== "kube-controller-manager");
    return { ...rest, metadata: { ...rest.metadata, managedFields, resourceVersion: undefined } };
  });
  const models = await list<ModelDeployment>("mdep", demo);
  return [...models, ...specs];
}

/** Passes over ModelDeployments, and writes but for the lease, since the operator was started. */
async function counters(): Promise<{ passes: number; writes: string[] }> {
  const service = `/api/v1/namespaces/${system}/services/intendant-metrics:9090/proxy/metrics`;
  const metrics = await raw(service);
  const passes = metrics.matchAll(/^intendant_reconcile_total\{.*\} (\d+)$/gm);
  const calls = metrics.match(/^intendant_api_calls_total\{.*$/gm) ?? [];
  return {
    passes: [...passes].reduce((sum, [, passes]) => sum + Number(passes), 0),
    writes: calls.filter((call) => !/method="GET"|resource="leases"/.test(call)),
  };
}

/** A short form of what `make bench-operator` measures with thousands of models for ten minutes. */
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
  await kubectl("rollout", "restart", "deployment/intendant", "-n", system);
  await kubectl("rollout", "status", "deployment/intendant", "-n", system);
  const { writes } = await eventually("a pass over every model", 90, async () => {
    const counted = await counters();
    return counted.passes > count && counted;
  });
  assert.equal(writes, []);
  assert.equal(await written(), before);
});

test.run();
