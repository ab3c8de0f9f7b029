import * as assert from "uvu/assert";
import { exponential } from "../../../operator/src/kube/backoff.ts";
import { Limiter, type Priority } from "../../../operator/src/kube/limiter.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";

const test = suite("limiter");

const never = new AbortController().signal;

/** A limiter, and the names of the calls whose turn has come. */
function limited(rate: number, burst: number) {
  const clock = new ManualClock();
  const limiter = new Limiter(rate, burst, clock);
  const gone: string[] = [];
  const call = (name: string, priority: Priority = "normal", signal = never) =>
    void limiter.turn(priority, signal).then(() => gone.push(name));
  /** Lets time pass and gives what has gone by then. */
  const after = async (milliseconds: number) => {
    clock.advance(milliseconds);
    await new Promise(setImmediate);
    return gone.join("");
  };
  return { clock, limiter, call, after };
}

test("a burst goes at once, the rest at the rate", async () => {
  const { call, after } = limited(10, 3);
  for (const name of "abcde") call(name);
  assert.is(await after(0), "abc");
  assert.is(await after(99), "abc");
  assert.is(await after(1), "abcd");
  assert.is(await after(100), "abcde");
});

test("a pause earns a burst, and not more", async () => {
  const { call, after } = limited(10, 2);
  call("a");
  await after(60_000);
  for (const name of "bcd") call(name);
  assert.is(await after(0), "abc");
  assert.is(await after(100), "abcd");
});

test("what may come late gives way to everything else", async () => {
  const { call, after } = limited(10, 1);
  call("a");
  call("x", "low");
  call("y", "low");
  call("b");
  assert.is(await after(100), "ab");
  call("c");
  assert.is(await after(100), "abc");
  assert.is(await after(200), "abcxy");
});

test("after a refusal calls come at half the rate, without a burst, and then faster again", async () => {
  const { limiter, call, after } = limited(10, 5);
  limiter.slowDown();
  for (const name of "abcdefghijklmnop") call(name);
  assert.is(await after(150), "");
  assert.is(await after(50), "a");
  // Four fifths of the rate on average.
  assert.is((await after(1_000)).length, 6);
});

test("refusals of the same moment count once", async () => {
  const { limiter, call, after } = limited(10, 5);
  for (let refusals = 0; refusals < 20; refusals += 1) limiter.slowDown();
  call("a");
  assert.is(await after(200), "a");
});

test("a server that goes on refusing gets ever fewer calls, but some", async () => {
  const { clock, limiter, call, after } = limited(10, 5);
  for (let refusals = 0; refusals < 20; refusals += 1) {
    limiter.slowDown();
    clock.advance(1_000);
  }
  limiter.slowDown();
  call("a");
  call("b");
  assert.is(await after(300), "");
  assert.is(await after(60_000), "ab");
});

test("a call that is not wanted any more leaves its place to the next one", async () => {
  const { call, after } = limited(10, 1);
  const unwanted = new AbortController();
  call("a");
  call("b", "normal", unwanted.signal);
  call("c");
  unwanted.abort();
  assert.is(await after(0), "ab", "it does not wait any longer");
  assert.is(await after(100), "abc");
});

test("a backoff doubles up to its limit", () => {
  const longest = exponential(100, 1000, () => 1);
  assert.equal([1, 2, 3, 4, 5, 2000].map(longest), [100, 200, 400, 800, 1000, 1000]);
  const shortest = exponential(100, 1000, () => 0);
  assert.equal([1, 2, 5].map(shortest), [50, 100, 500]);
});

test.run();
