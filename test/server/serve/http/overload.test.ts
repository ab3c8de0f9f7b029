import * as assert from "uvu/assert";
import { Aborted, Unavailable } from "../../../../server/src/process/errors.ts";
import { Admission } from "../../../../server/src/model/admission.ts";
import { Batcher, type RefusalReason } from "../../../../server/src/model/batch.ts";
import type { Model } from "../../../../server/src/model/model.ts";
import { RunTimes } from "../../../../server/src/model/run-times.ts";
import { tensor } from "../../../../server/src/tensors/tensors.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("overload", 60_000);

/** What a simulated server is like. */
interface Setting {
  /** Milliseconds that a run for so many rows takes. */
  runTime: (rows: number) => number;
  maxWaitSeconds?: number;
  maxWaitingBytes?: number;
}

/** What became of a request. */
interface Outcome {
  arrived: number;
  answered: number;
  error: unknown;
}

/** A batcher with a model that takes its time, on a clock that only the test moves. */
function simulation({ runTime, maxWaitSeconds = 0.5, ...limits }: Setting) {
  const clock = new ManualClock();
  const now = () => clock.now() / 1000;
  const runs: number[] = [];
  const run: Model["run"] = async ({ x }) => {
    const rows = x?.shape[0] ?? 0;
    runs.push(rows);
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(runTime(rows), resolve);
    await promise;
    return {
      outputs: { y: tensor("FP32", [rows], Array(rows).fill(0)) },
      seconds: runTime(rows) / 1000,
    };
  };
  const times = new RunTimes();
  times.calibrate(
    { bytes: 4, seconds: runTime(1) / 1000 },
    { bytes: 16, seconds: runTime(4) / 1000 },
  );
  const refusals: RefusalReason[] = [];
  const observer = { refused: (reason: RefusalReason) => void refusals.push(reason) };
  const admission = new Admission({ maxWaitSeconds, now });
  const batcher = new Batcher(
    { run },
    { rowwise: true, times, admission, observer, now, ...limits },
  );

  const outcomes: Outcome[] = [];
  const ask = async (rows = 1, isGone?: () => boolean): Promise<void> => {
    const arrived = clock.now();
    const x = tensor("FP32", [rows], Array(rows).fill(1));
    const error = await batcher.infer({ x }, ["y"], isGone).then(
      () => undefined,
      (error: unknown) => error,
    );
    outcomes.push({ arrived, answered: clock.now(), error });
  };
  /** Lets the time pass, and at each moment everything happen that follows from it. */
  const pass = async (milliseconds: number) => {
    const end = clock.now() + milliseconds;
    for (;;) {
      await settle();
      const [next = Infinity] = clock.pending;
      if (clock.now() + next > end) break;
      clock.advance(next);
    }
    clock.advance(end - clock.now());
    await settle();
  };
  /** Requests that come at random, as many a second on average. */
  const load = async (perSecond: number, milliseconds: number) => {
    const random = randomNumbers(7);
    const end = clock.now() + milliseconds;
    const arriveNext = () => {
      const pause = (-Math.log(1 - random()) * 1000) / perSecond;
      if (clock.now() + pause > end) return;
      clock.after(pause, () => {
        void ask();
        arriveNext();
      });
    };
    arriveNext();
    await pass(milliseconds + 1000);
  };
  return { ask, pass, load, runs, refusals, outcomes };
}

/** Lets everything run that waits for no clock. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
}

/** Numbers between 0 and 1 that are the same in each run of the tests. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const answered = (outcomes: Outcome[]) => outcomes.filter(({ error }) => error === undefined);

function p95(outcomes: Outcome[]): number {
  const times = answered(outcomes).map(({ arrived, answered }) => answered - arrived);
  return times.sort((one, other) => one - other)[Math.floor(0.95 * times.length)] ?? Infinity;
}

const models: [name: string, runTime: (rows: number) => number, capacity: number][] = [
  ["whose rows take 20 ms each", (rows) => 20 * rows, 50],
  ["whose rows cost hardly anything in a run of 20 ms", (rows) => 20 + 0.05 * rows, 2600],
  ["whose rows take 1 ms each", (rows) => rows, 1000],
];

for (const [name, runTime, capacity] of models) {
  test(`under twice its capacity a model ${name} answers at its capacity, in time`, async () => {
    const { load, outcomes, refusals } = simulation({ runTime });
    await load(2 * capacity, 10_000);
    const inTime = answered(outcomes).length / 10;
    assert.ok(inTime > 0.9 * capacity, `${inTime} answers a second`);
    const slowest = Math.max(2 * runTime(1), 5 + 2 * 3);
    assert.ok(p95(outcomes) <= 1.1 * slowest, `P95 is ${p95(outcomes)} ms`);
    assert.equal(new Set(refusals), new Set(["wait"]));
    for (const { arrived, answered, error } of outcomes) {
      if (error) assert.instance(error, Unavailable);
      if (error) assert.is(answered, arrived, "a refusal was late");
    }
  });

  test(`at seven tenths of its capacity a model ${name} refuses hardly anything`, async () => {
    const { load, outcomes, refusals } = simulation({ runTime });
    await load(0.7 * capacity, 10_000);
    const share = refusals.length / outcomes.length;
    assert.ok(share < 0.02, `${100 * share} % were refused`);
  });
}

test("after an overload everything is answered again", async () => {
  const { load, outcomes, refusals } = simulation({ runTime: (rows) => 20 * rows });
  await load(200, 5000);
  assert.ok(refusals.length > 500);
  await load(20, 1000);
  const before = refusals.length;
  outcomes.length = 0;
  await load(20, 5000);
  assert.is(refusals.length, before);
  assert.ok(outcomes.length > 50);
});

test("a burst is answered as far as it can be in time", async () => {
  const { ask, pass, outcomes, refusals } = simulation({ runTime: (rows) => 20 * rows });
  for (let count = 0; count < 100; count++) void ask();
  await pass(3000);
  // The first one runs at once, and 25 runs later half a second is over.
  assert.is(answered(outcomes).length, 26);
  assert.is(refusals.length, 74);
});

test("who allows longer waiting gets a longer queue", async () => {
  for (const [maxWaitSeconds, isRefused] of [
    [0.5, true],
    [5, false],
  ] as const) {
    const { ask, pass, outcomes } = simulation({ runTime: (rows) => 20 * rows, maxWaitSeconds });
    // Ten clients, each of which asks again as soon as it was answered.
    const client = async () => {
      for (let count = 0; count < 20; count++) await ask();
    };
    for (let clients = 0; clients < 10; clients++) void client();
    await pass(10_000);
    assert.is(outcomes.length, 200);
    assert.is(answered(outcomes).length < 200, isRefused);
  }
});

test("a request longer than the limit waits at most as long as it takes itself", async () => {
  const { ask, pass, outcomes } = simulation({ runTime: (rows) => 2000 * rows });
  for (let count = 0; count < 3; count++) void ask();
  await pass(10_000);
  assert.is(answered(outcomes).length, 2);
});

test("requests whose clients are gone take no run", async () => {
  const { ask, pass, runs, outcomes } = simulation({ runTime: (rows) => 20 * rows });
  let isGone = false;
  void ask();
  await pass(1);
  void ask(1, () => isGone);
  void ask();
  isGone = true;
  await pass(1000);
  assert.equal(runs, [1, 1]);
  assert.is(outcomes.filter(({ error }) => error instanceof Aborted).length, 1);
});

test("requests that wait for a run that takes too long are turned away", async () => {
  let isSlow = false;
  const { ask, pass, outcomes, refusals } = simulation({
    runTime: () => (isSlow ? 10_000 : 20),
    maxWaitSeconds: 0.05,
  });
  isSlow = true;
  void ask();
  await pass(1);
  void ask();
  await pass(100);
  // The time limit runs on the real clock.
  while (outcomes.length === 0) await settle();
  assert.instance(outcomes[0]?.error, Unavailable);
  assert.equal(refusals, ["late"]);
  await pass(10_000);
  assert.is(answered(outcomes).length, 1);
});

test("what waits has not more bytes than allowed, but for a request that waits alone", async () => {
  const { ask, pass, outcomes, refusals } = simulation({
    runTime: () => 20,
    maxWaitingBytes: 400,
  });
  void ask();
  await pass(1);
  for (const rows of [1000, 50, 50]) void ask(rows);
  await pass(100);
  assert.equal(refusals, ["full", "full"]);
  for (const rows of [50, 50, 50]) void ask(rows);
  await pass(100);
  assert.equal(refusals, ["full", "full", "full"]);
  assert.is(answered(outcomes).length, 4);
});

test.run();
