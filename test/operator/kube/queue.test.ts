import * as assert from "uvu/assert";
import { WorkQueue, type WorkQueueOptions } from "../../../operator/src/kube/queue.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";

const test = suite("queue");

interface Run {
  key: string;
  finish: (result?: { requeueAfter?: number }) => void;
  fail: (error: Error) => void;
}

/** A queue whose runs wait to be finished by the test. */
function started(options: Partial<WorkQueueOptions> = {}) {
  const clock = new ManualClock();
  const runs: Run[] = [];
  const errors: string[] = [];
  const queue = new WorkQueue({
    run(key) {
      const { promise, resolve, reject } = Promise.withResolvers<{
        requeueAfter?: number;
      } | void>();
      runs.push({ key, finish: resolve, fail: reject });
      return promise;
    },
    concurrency: 2,
    onError: (key, error, attempts) => errors.push(`${key} ${String(error)} ${attempts}`),
    backoff: (attempts) => attempts * 100,
    clock,
    ...options,
  });
  queue.start();
  const keys = () => runs.map(({ key }) => key).join(" ");
  return { queue, clock, runs, errors, keys };
}

/** Until everything that can go on without time or I/O has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("keys run in the order in which they were added, as many at once as allowed", async () => {
  const { queue, runs, keys } = started();
  for (const key of ["a", "b", "c", "d"]) queue.add(key);
  assert.is(keys(), "a b");
  assert.equal([queue.running, queue.depth], [2, 2]);
  runs[1]!.finish();
  await settled();
  assert.is(keys(), "a b c");
});

test("a key that waits already is not added twice", async () => {
  const { queue, runs, keys } = started({ concurrency: 1 });
  for (const key of ["a", "b", "b", "b"]) queue.add(key);
  for (const run of [0, 1]) {
    runs[run]!.finish();
    await settled();
  }
  assert.is(keys(), "a b");
});

test("a key never runs twice at once, but once more when added meanwhile", async () => {
  const { queue, runs, keys } = started();
  queue.add("a");
  queue.add("a");
  queue.add("a");
  assert.is(keys(), "a");
  runs[0]!.finish();
  await settled();
  assert.is(keys(), "a a");
  runs[1]!.finish();
  await settled();
  assert.is(keys(), "a a");
});

test("a key that failed runs again, later each time", async () => {
  const { queue, clock, runs, errors } = started();
  queue.add("a");
  for (const [attempt, pause] of [
    [0, 100],
    [1, 200],
  ] as const) {
    runs[attempt]!.fail(new Error("no"));
    await settled();
    assert.equal(clock.pending, [pause]);
    clock.advance(pause);
  }
  assert.equal(errors, ["a Error: no 1", "a Error: no 2"]);
  assert.is(runs.length, 3);
});

test("success forgets earlier failures", async () => {
  const { queue, clock, runs, errors } = started();
  queue.add("a");
  runs[0]!.fail(new Error("no"));
  await settled();
  clock.advance(100);
  runs[1]!.finish();
  await settled();
  queue.add("a");
  runs[2]!.fail(new Error("no"));
  await settled();
  assert.equal(errors, ["a Error: no 1", "a Error: no 1"]);
});

test("an event does not wait for the backoff", async () => {
  const { queue, clock, runs, keys } = started();
  queue.add("a");
  runs[0]!.fail(new Error("no"));
  await settled();
  queue.add("a");
  assert.is(keys(), "a a");
  assert.equal(clock.pending, []);
});

test("a run that throws before its first await is a failed run", async () => {
  const run = () => {
    throw new Error("at once");
  };
  const { queue, errors } = started({ run });
  queue.add("a");
  await settled();
  assert.equal(errors, ["a Error: at once 1"]);
});

test("a run can ask to be run again", async () => {
  const { queue, clock, runs, keys } = started();
  queue.add("a");
  runs[0]!.finish({ requeueAfter: 5000 });
  await settled();
  clock.advance(4999);
  assert.is(keys(), "a");
  clock.advance(1);
  assert.is(keys(), "a a");
});

test("of several times asked for, the earliest counts", () => {
  const { queue, clock } = started();
  queue.addAfter("a", 300);
  queue.addAfter("a", 200);
  queue.addAfter("a", 400);
  assert.equal(clock.pending, [200]);
});

test("a run makes what was planned before it superfluous", async () => {
  const { queue, clock, runs, keys } = started();
  queue.addAfter("a", 1000);
  queue.add("a");
  runs[0]!.finish({ requeueAfter: 5000 });
  await settled();
  assert.equal(clock.pending, [5000]);
  assert.is(keys(), "a");
});

test("a time too long for a timer does not become no time", () => {
  const { queue, clock } = started();
  queue.addAfter("a", 60 * 24 * 3600 * 1000);
  assert.equal(clock.pending, [2 ** 31 - 1]);
});

test("nothing runs before the start", () => {
  const keys: string[] = [];
  const run = async (key: string) => void keys.push(key);
  const queue = new WorkQueue({ run, concurrency: 2, onError: assert.unreachable });
  queue.add("a");
  assert.equal(keys, []);
  queue.start();
  assert.equal(keys, ["a"]);
});

test("stop waits for what runs and starts nothing more", async () => {
  const { queue, clock, runs, keys } = started({ concurrency: 1 });
  for (const key of ["a", "b"]) queue.add(key);
  queue.addAfter("c", 100);
  const order: string[] = [];
  const stopped = queue.stop().then(() => order.push("stopped"));
  queue.add("a");
  await settled();
  order.push("finishing");
  runs[0]!.finish({ requeueAfter: 100 });
  await stopped;
  clock.advance(1000);
  assert.equal(order, ["finishing", "stopped"]);
  assert.is(keys(), "a");
  assert.equal(clock.pending, []);
});

test("many keys and random failures: each key ends with a run after its last event", async () => {
  const clock = new ManualClock();
  const latest = new Map<string, number>();
  const seen = new Map<string, number>();
  const busy = new Set<string>();
  let queue: WorkQueue;
  let random = 7;
  const chance = () => (random = (random * 16_807) % 2_147_483_647) / 2_147_483_647;
  const run = async (key: string) => {
    assert.not(busy.has(key), `${key} runs twice at once`);
    busy.add(key);
    const version = latest.get(key)!;
    for (let turn = 0; turn < 3; turn += 1) {
      await settled();
      if (chance() < 0.05) event();
    }
    busy.delete(key);
    if (chance() < 0.2) throw new Error("bad luck");
    seen.set(key, version);
  };
  const event = () => {
    const key = `model-${Math.floor(chance() * 50)}`;
    latest.set(key, (latest.get(key) ?? 0) + 1);
    queue.add(key);
  };
  queue = new WorkQueue({ run, concurrency: 8, onError: () => {}, clock });
  queue.start();
  for (let count = 0; count < 500; count += 1) event();
  while (queue.depth > 0 || queue.running > 0 || clock.pending.length > 0) {
    await settled();
    clock.advance(1000);
  }
  assert.equal(Object.fromEntries(seen), Object.fromEntries(latest));
});

test.run();
