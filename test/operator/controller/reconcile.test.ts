import * as assert from "uvu/assert";
import type { Cluster } from "../../../operator/src/apply/applier.ts";
import { Stalled, Waiting } from "../../../operator/src/diagnosis/errors.ts";
import { ApiError } from "../../../operator/src/kube/errors.ts";
import type { Observed } from "../../../operator/src/state/observed.ts";
import { reconcile } from "../../../operator/src/controller/reconcile.ts";
import { installation, intentFr, observed } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("reconcile");

/** A cluster that does nothing, but for what is given, and the calls that it got. */
function cluster(parts: Partial<Cluster> = {}, world: Observed = observed()) {
  const calls: string[] = [];
  const idle: Cluster = {
    models: () => [],
    model: () => undefined,
    claim: () => true,
    othersMeasured: () => 0,
    observe: async () => world,
    apply: async () => {},
    enrich: async () => {},
    applyStatus: async () => void calls.push("applyStatus"),
    record: (_, happenings) => void calls.push(...happenings.map(({ reason }) => reason)),
    forget: () => {},
  };
  return { calls, cluster: { ...idle, ...parts } };
}

const context = (cluster: Cluster) => ({
  cluster,
  installation,
  now: () => new Date("2026-10-01T12:00:00Z"),
});
const refusal = (status: number, message = "no") =>
  new ApiError("apply Service demo/intent-fr", { status, reason: "", message });
const rejecting = (failure: Error) => async () => {
  throw failure;
};

test("observes, carries the plan out, writes the status, and then tells about it", async () => {
  const { calls, cluster: world } = cluster({ apply: async () => void calls.push("apply") });
  assert.equal(await reconcile(intentFr(), context(world)), { result: "done" });
  assert.equal(calls, ["apply", "applyStatus", "Created"]);
});

test("writes no status that is there already", async () => {
  let status;
  const first = cluster({ applyStatus: async (_, written) => void (status = written) });
  await reconcile(intentFr(), context(first.cluster));
  const second = cluster();
  await reconcile(intentFr({}, status), context(second.cluster));
  assert.not(second.calls.includes("applyStatus"));
});

test("puts what stalls it into the status, and looks again in half a minute", async () => {
  const stalled = new Stalled({ reason: "NameTaken", message: "there is another one" });
  const { calls, cluster: world } = cluster({ apply: rejecting(stalled) });
  const outcome = await reconcile(intentFr(), context(world));
  assert.equal(outcome, { result: "stalled", requeueAfter: 30_000 });
  assert.equal(calls, ["applyStatus", "NameTaken"]);
});

test("looks again soon when it has to wait", async () => {
  const { cluster: world } = cluster({ apply: rejecting(new Waiting("soon")) });
  const outcome = await reconcile(intentFr(), context(world));
  assert.equal(outcome, { result: "waiting", requeueAfter: 5_000 });
});

test("looks at a ConfigMap once a minute, because it is not watched", async () => {
  const model = intentFr({ model: { configMap: { name: "own", key: "model.onnx" } } });
  assert.is((await reconcile(model, context(cluster().cluster))).requeueAfter, 60_000);
});

test("tells nothing about a resource that has changed meanwhile, and begins again", async () => {
  const { calls, cluster: world } = cluster({ applyStatus: rejecting(refusal(409)) });
  const outcome = await reconcile(intentFr(), context(world));
  assert.equal(outcome, { result: "waiting", requeueAfter: 1_000 });
  assert.equal(calls, []);
});

for (const call of ["observe", "apply", "applyStatus"] as const) {
  test(`leaves any other trouble with ${call} to the queue, and writes nothing`, async () => {
    const { calls, cluster: world } = cluster({ [call]: rejecting(refusal(500)) });
    const failure = await reconcile(intentFr(), context(world)).catch((error: Error) => error);
    assert.instance(failure, ApiError);
    assert.equal(calls, []);
  });
}

test.run();
