import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { BenchmarkSlots } from "../../../operator/src/apply/benchmark-slots.ts";
import { reconcile, type Context } from "../../../operator/src/controller/reconcile.ts";
import { Stalled, Waiting } from "../../../operator/src/diagnosis/errors.ts";
import { ApiError } from "../../../operator/src/kube/errors.ts";
import type { Answers, Children } from "../../../operator/src/state/observed.ts";
import type { Outcome } from "../../../operator/src/status/outcome.ts";
import { suite } from "../../support/suite.ts";
import { installation, intentFr, observed } from "../fixtures.ts";
import { World } from "../world.ts";

const test = suite("reconcile");

interface Parts {
  seen?: Children & Answers;
  observe?: Context["observer"]["observe"];
  apply?: Context["applier"]["apply"];
  applyStatus?: Context["applier"]["applyStatus"];
}

/** A cluster in which everything succeeds, but for what is given, and the calls that it got. */
function cluster({ seen = observed(), ...parts }: Parts = {}) {
  const calls: string[] = [];
  const context: Context = {
    observer: { observe: parts.observe ?? (async () => seen) },
    applier: {
      apply: parts.apply ?? (async (_, plan) => ({ applied: [...plan.apply, ...plan.expose] })),
      applyStatus: parts.applyStatus ?? (async () => void calls.push("applyStatus")),
      record: (_, events) => void calls.push(...events.map(({ reason }) => reason)),
    },
    slots: new BenchmarkSlots(() => []),
    installation,
    now: () => new Date("2026-10-01T12:00:00Z"),
  };
  return { calls, context };
}

const refusal = (status: number, message = "no") =>
  new ApiError("apply Service demo/intent-fr", { status, reason: "", message });
const rejecting = (failure: Error) => async () => {
  throw failure;
};
const failing = (error: Stalled | Waiting) => async (): Promise<Outcome> => ({
  applied: [],
  error,
});

test("observes, carries the plan out, writes the status, and then tells about it", async () => {
  const apply = async () => {
    calls.push("apply");
    return { applied: [] };
  };
  const { calls, context } = cluster({ apply });
  assert.equal(await reconcile(intentFr(), context), { result: "done" });
  assert.equal(calls, ["apply", "applyStatus", "Created"]);
});

test("writes no status that is there already", async () => {
  let status;
  const first = cluster({ applyStatus: async (_, written) => void (status = written) });
  await reconcile(intentFr(), first.context);
  const second = cluster();
  await reconcile(intentFr({}, status), second.context);
  assert.not(second.calls.includes("applyStatus"));
});

test("puts what stalls it into the status, and looks again in half a minute", async () => {
  const stalled = new Stalled({ reason: "NameTaken", message: "there is another one" });
  const { calls, context } = cluster({ apply: failing(stalled) });
  const result = await reconcile(intentFr(), context);
  assert.equal(result, { result: "stalled", requeueAfter: 30_000 });
  assert.equal(calls, ["applyStatus", "NameTaken"]);
});

test("looks again soon when it has to wait", async () => {
  const { context } = cluster({ apply: failing(new Waiting("soon")) });
  const result = await reconcile(intentFr(), context);
  assert.equal(result, { result: "waiting", requeueAfter: 5_000 });
});

test("looks at a ConfigMap once a minute, because it is not watched", async () => {
  const model = intentFr({ model: { configMap: { name: "own", key: "model.onnx" } } });
  assert.is((await reconcile(model, cluster().context)).requeueAfter, 60_000);
});

test("tells nothing about a resource that has changed meanwhile, and begins again", async () => {
  const { calls, context } = cluster({ applyStatus: rejecting(refusal(409)) });
  const result = await reconcile(intentFr(), context);
  assert.equal(result, { result: "waiting", requeueAfter: 1_000 });
  assert.equal(calls, []);
});

for (const call of ["observe", "apply", "applyStatus"] as const) {
  test(`leaves any other trouble with ${call} to the queue, and writes nothing`, async () => {
    const { calls, context } = cluster({ [call]: rejecting(refusal(500)) });
    const failure = await reconcile(intentFr(), context).catch((error: Error) => error);
    assert.instance(failure, ApiError);
    assert.equal(calls, []);
  });
}

/** A model that serves and has yet to be measured, and what is around it. */
function unmeasured(name: string): { model: ModelDeployment; world: World } {
  const world = new World();
  world.model = { ...world.model, metadata: { ...world.model.metadata, name } };
  world.settle();
  world.edit({ benchmark: { scenario: "Users", warmUp: "0s" } as never });
  return { model: world.model, world };
}

test("lets one of two models in the same tick have the only slot", async () => {
  const models = [unmeasured("one"), unmeasured("two")];
  const seen = new Map(models.map(({ model, world }) => [model.metadata.name, world.observed]));
  const jobs: string[] = [];
  const { context } = cluster({
    observe: async ({ metadata }) => seen.get(metadata.name)!,
    async apply({ metadata }, plan) {
      if (plan.apply.some(({ kind }) => kind === "Job")) jobs.push(metadata.name);
      return { applied: [...plan.apply] };
    },
  });
  const results = await Promise.all(models.map(({ model }) => reconcile(model, context)));
  assert.equal(jobs, ["one"]);
  assert.equal(
    results.map(({ isQueued = false }) => isQueued),
    [false, true],
  );
});

test.run();
