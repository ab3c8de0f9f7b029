import * as assert from "uvu/assert";
import { Stalled } from "../../../operator/src/diagnosis/errors.ts";
import { plan } from "../../../operator/src/plan/plan.ts";
import { status } from "../../../operator/src/status/status.ts";
import { suite } from "../../support/suite.ts";
import { World } from "../world.ts";

const test = suite("outcome");

const error = new Stalled({ reason: "Refused", message: "the webhook says no" });

/** A model whose next pass would promote another revision, and that pass. */
function promoting() {
  const world = new World();
  world.settle();
  const before = world.selected;
  world.edit({ model: { ...world.model.spec.model, sha256: "cd".repeat(32) } });
  for (let passes = 0; passes < 10; passes += 1) {
    world.kubelet();
    const { model, observed, now } = world;
    const decided = plan(model, observed, world);
    const { serving } = decided.rollout;
    if (serving !== before)
      return { before, serving, pass: { model, observed, plan: decided, now } };
    world.pass();
  }
  throw new Error("No pass promotes another revision");
}

test("a status names the old revision when the Service was not written", () => {
  const { before, pass } = promoting();
  const { serving, candidate } = status({ ...pass, outcome: { applied: [], error } });
  assert.is(serving?.revision, before);
  assert.is(candidate?.revision, pass.plan.rollout.desired);
});

test("a status names the new revision when only a later step failed", () => {
  const { serving: promoted, pass } = promoting();
  const applied = pass.plan.apply.filter(({ kind }) => kind === "Service");
  const { serving, candidate } = status({ ...pass, outcome: { applied, error } });
  assert.is(serving?.revision, promoted);
  assert.is(candidate, undefined);
});

test.run();
