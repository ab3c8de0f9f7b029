import * as assert from "uvu/assert";
import { timeOfDay } from "../../../operator/src/kube/clock.ts";
import { suite } from "../../support/suite.ts";

const test = suite("clock");

test("the time of day is that of the machine, until somebody sets it", () => {
  const hour = 3_600_000;
  const real = Date.now;
  const before = timeOfDay().getTime();
  assert.ok(Math.abs(before - real()) < hour / 60, new Date(before).toISOString());
  try {
    for (const jump of [hour, -hour]) {
      Date.now = () => real() + jump;
      const after = timeOfDay().getTime();
      assert.ok(after >= before && after < before + hour / 2, new Date(after).toISOString());
    }
  } finally {
    Date.now = real;
  }
});

test.run();
