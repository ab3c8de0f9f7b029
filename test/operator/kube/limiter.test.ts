import * as assert from "uvu/assert";
import { exponential } from "../../../operator/src/kube/backoff.ts";
import { createLimiter } from "../../../operator/src/kube/limiter.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";

const test = suite("limiter");

function limited(rate: number, burst: number) {
  const clock = new ManualClock();
  return { clock, limiter: createLimiter(rate, burst, clock) };
}

test("a burst goes at once, the rest at the rate", () => {
  const { limiter } = limited(10, 3);
  assert.equal(
    Array.from({ length: 5 }, () => limiter.reserve()),
    [0, 0, 0, 100, 200],
  );
});

test("a pause earns a burst, and not more", () => {
  const { limiter, clock } = limited(10, 2);
  limiter.reserve();
  clock.advance(60_000);
  assert.equal(
    Array.from({ length: 3 }, () => limiter.reserve()),
    [0, 0, 100],
  );
});

test("after a hold there is no burst", () => {
  const { limiter } = limited(10, 3);
  limiter.hold(1000);
  assert.equal([limiter.reserve(), limiter.reserve()], [1000, 1100]);
});

test("a backoff doubles up to its limit", () => {
  const longest = exponential(100, 1000, () => 1);
  assert.equal([1, 2, 3, 4, 5, 2000].map(longest), [100, 200, 400, 800, 1000, 1000]);
  const shortest = exponential(100, 1000, () => 0);
  assert.equal([1, 2, 5].map(shortest), [50, 100, 500]);
});

test.run();
