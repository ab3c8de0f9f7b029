import type { V1Deployment, V1Service } from "@kubernetes/client-node";
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

const demo = "gate-test";
const test = namespacedSuite("A gate", demo, 240_000);

const model = async (name: string) => (await read<ModelDeployment>("mdep", demo, name))!;
const selected = async (service: string) =>
  (await read<V1Service>("service", demo, service))?.spec?.selector?.["intendant.dev/revision"];

/** How many pods the Deployment of each revision asks for. */
async function revisions(name: string): Promise<Record<string, number>> {
  const found = await list<V1Deployment>("deployment", demo, `intendant.dev/model=${name}`);
  const entries = found.map(({ metadata, spec }) => {
    return [metadata?.labels?.["intendant.dev/revision"], spec?.replicas] as const;
  });
  return Object.fromEntries(entries) as Record<string, number>;
}

const gated = (millicores: number, p95: string, others = {}): Partial<ModelDeployment["spec"]> => ({
  resources: { requests: { cpu: `${millicores}m`, memory: "256Mi" } },
  slo: { p95, errorRate: "0%" },
  benchmark: { scenario: "Rate", rate: "20/s", duration: "5s", warmUp: "0s" },
  rollout: { gate: "SLO", deadline: "2m", historyLimit: 1, ...others },
});

/** A model with a revision that cannot become ready; its minute passes while others are tested. */
let late: Promise<ModelDeployment>;

test.before(() => {
  late = comesLate();
  // Awaited by the test.
  late.catch(() => undefined);
});

async function comesLate(): Promise<ModelDeployment> {
  await apply(intentModel("late", demo));
  const before = await condition(demo, "late", "Ready");
  const wrong = {
    server: { image: "127.0.0.1:1/absent:1", grpc: false },
    rollout: { gate: "None", deadline: "60s", historyLimit: 0 },
  } as const;
  await apply(intentModel("late", demo, wrong));
  return before;
}

test("lets a revision pass that keeps the SLO, measured before it got any traffic", async () => {
  await apply(intentModel("kept", demo, gated(50, "5s")));
  const before = (await condition(demo, "kept", "Benchmarked")).status!.serving!.revision;
  await apply(intentModel("kept", demo, gated(60, "5s")));
  const job = await eventually("the candidate is measured", 60, async () => {
    const reconciling = (await model("kept")).status?.conditions?.find(
      ({ type }) => type === "Reconciling",
    );
    return reconciling?.reason === "Measuring" && (await selected("kept-preview"));
  });
  assert.is(await selected("kept"), before, "it has no traffic yet");
  const after = await condition(demo, "kept", "Ready");
  assert.is(after.status?.serving?.revision, job);
  assert.is(after.status?.benchmark?.revision, job, "its figures are those that let it pass");
  await eventually("the pods of before are gone", 60, async () => {
    const { [before]: old, [job]: now } = await revisions("kept");
    return old === 0 && now === 1;
  });
  await eventually("the preview is gone", 30, async () => !(await selected("kept-preview")));
});

test("refuses a revision that misses the SLO, and nothing of what serves is lost", async () => {
  await apply(intentModel("missed", demo, gated(50, "5s")));
  const before = await condition(demo, "missed", "Benchmarked");
  const { revision } = before.status!.serving!;
  const traffic = await load(demo, "missed-load", {
    url: before.status!.url!,
    model: "missed",
    duration: 40,
    load: { scenario: "Rate", rate: 50 },
  });
  await traffic.started();
  await apply(intentModel("missed", demo, gated(60, "0.001ms")));
  const refused = await condition(demo, "missed", "Stalled");
  const { refusal } = refused.status!.candidate!;
  assert.is(refusal?.reason, "SLOMissed");
  assert.match(
    refusal?.message ?? "",
    /^P95 [0-9.]+ms is above 0.001ms, 0 of \d+ requests failed$/,
  );
  const ready = refused.status?.conditions?.find(({ type }) => type === "Ready");
  assert.equal([ready?.status, ready?.observedGeneration], ["True", 1]);
  assert.is(refused.status?.serving?.revision, revision);
  const candidate = refused.status!.candidate!.revision;
  await eventually("the refused pods are gone", 60, async () => {
    return (await revisions("missed"))[candidate] === 0;
  });
  assert.is(await selected("missed"), revision);
  const { errors, failedChecks, requests } = await traffic.measured();
  assert.equal({ errors, failedChecks }, { errors: 0, failedChecks: 0 });
  assert.ok(requests >= 50 * 40 * 0.8, `only ${requests} requests were sent`);

  await kubectl("annotate", "mdep/missed", "-n", demo, "intendant.dev/retry=1");
  await eventually("another attempt is under way", 60, async () => {
    const { status } = await model("missed");
    return status?.candidate?.revision === candidate && !status.candidate.refusal;
  });
  await apply(intentModel("missed", demo, gated(60, "5s")));
  const passed = await condition(demo, "missed", "Ready");
  assert.is(passed.status?.serving?.revision, candidate);
});

test("refuses a revision that does not become ready in time, in the pods' own words", async () => {
  const before = await late;
  const refused = await condition(demo, "late", "Stalled");
  const stalled = refused.status?.conditions?.find(({ type }) => type === "Stalled");
  assert.is(stalled?.reason, "ImagePullBackOff");
  assert.match(stalled?.message ?? "", /not ready within 60s.*absent:1 cannot be pulled/);
  assert.is(refused.status?.serving?.revision, before.status?.serving?.revision);
  await eventually("its Deployment is gone", 30, async () => {
    return Object.keys(await revisions("late")).join() === before.status?.serving?.revision;
  });
});

test("stands still while the model is paused", async () => {
  await apply(intentModel("still", demo));
  const before = await condition(demo, "still", "Ready");
  const larger = { resources: { requests: { cpu: "70m", memory: "256Mi" } } };
  await apply(intentModel("still", demo, { ...larger, paused: true }));
  await eventually("it says that it is paused", 30, async () => {
    const found = (await model("still")).status?.conditions;
    return found?.some(({ type, reason }) => type === "Reconciling" && reason === "Paused");
  });
  assert.equal(Object.keys(await revisions("still")), [before.status?.serving?.revision]);
  await apply(intentModel("still", demo, { ...larger, paused: false }));
  const after = await condition(demo, "still", "Ready");
  assert.is.not(after.status?.serving?.revision, before.status?.serving?.revision);
});

test.run();
