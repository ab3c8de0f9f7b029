import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { locked } from "../../../tools/support/lock.ts";

const test = suite("lock");
const subject = `test-${process.pid}`;

test("what is locked is done one after the other", async () => {
  const events: string[] = [];
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { promise: end, resolve: finish } = Promise.withResolvers<void>();
  const first = locked(subject, "first", async () => {
    enter();
    await end;
    events.push("first ends");
  });
  await entered;
  const second = locked(subject, "second", async () => events.push("second begins"));
  finish();
  await Promise.all([first, second]);
  assert.equal(events, ["first ends", "second begins"]);
});

test("other subjects are not locked", async () => {
  const inner = () => locked(`${subject}-other`, "inner", async () => "done");
  assert.is(await locked(subject, "outer", inner), "done");
});

test("work that fails unlocks, too", async () => {
  const failing = locked(subject, "failing", () => Promise.reject(new Error("broken")));
  assert.match(await failing.catch(String), "broken");
  assert.is(await locked(subject, "next", async () => "done"), "done");
});

test.run();
