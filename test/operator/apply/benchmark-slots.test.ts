import * as assert from "uvu/assert";
import { BenchmarkSlots } from "../../../operator/src/apply/benchmark-slots.ts";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { Job } from "../../../operator/src/kube/objects.ts";
import { benchmarkJob } from "../../../operator/src/resources/benchmark-job.ts";
import { suite } from "../../support/suite.ts";
import { finished, images, intentFr, run } from "../fixtures.ts";

const test = suite("benchmark slots");

/** A model of this name, and a Job that measures it. */
function measuredModel(name: string): { model: ModelDeployment; job: Job } {
  const { metadata, ...rest } = intentFr({ benchmark: { scenario: "Users", warmUp: "0s" } });
  const model = { ...rest, metadata: { ...metadata, name } };
  const job = benchmarkJob(model, model.spec.benchmark!, run, { images, addresses: [] });
  return { model, job };
}

const [one, two] = [measuredModel("one"), measuredModel("two")];

/** Slots over Jobs that the test makes and ends, and a clock that it sets. */
function world() {
  const state = { jobs: [] as Job[], time: 0 };
  const slots = new BenchmarkSlots(
    () => state.jobs,
    () => state.time,
  );
  return { state, slots };
}

test("are taken by Jobs that are not over, whichever process created them", () => {
  const { state, slots } = world();
  assert.is(slots.others(one.model), 0);
  state.jobs = [two.job];
  assert.is(slots.others(one.model), 1);
  state.jobs = [finished(two.job, {}).job];
  assert.is(slots.others(one.model), 0);
});

test("are taken at once, before the watch shows the Job", () => {
  const { state, slots } = world();
  slots.take(one.model, one.job);
  assert.is(slots.others(two.model), 1);
  state.jobs = [one.job];
  assert.is(slots.others(two.model), 1);
  state.jobs = [];
  assert.is(slots.others(two.model), 0, "its Job was seen and is gone");
});

test("are free again when the Job could not be created", () => {
  const { slots } = world();
  slots.take(one.model, one.job);
  slots.release(one.job);
  assert.is(slots.others(two.model), 0);
});

test("are not held for ever by a Job that never shows", () => {
  const { state, slots } = world();
  slots.take(one.model, one.job);
  state.time = 60_000;
  assert.is(slots.others(two.model), 1);
  state.time = 60_001;
  assert.is(slots.others(two.model), 0);
});

test("count models, not Jobs, and never the model itself", () => {
  const { state, slots } = world();
  state.jobs = [one.job, { ...one.job, metadata: { ...one.job.metadata, name: "second" } }];
  assert.is(slots.others(one.model), 0);
  assert.is(slots.others(two.model), 1);
});

test("are not taken by Jobs that measure nothing", () => {
  const { state, slots } = world();
  state.jobs = [{ ...two.job, metadata: { ...two.job.metadata, annotations: {} } }];
  assert.is(slots.others(one.model), 0);
});

test.run();
