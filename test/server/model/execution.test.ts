import * as assert from "uvu/assert";
import { longestInlineSeconds, watchRuns } from "../../../server/src/model/execution.ts";
import { suite } from "../../support/suite.ts";

const test = suite("execution");
const short = longestInlineSeconds / 2;
const long = longestInlineSeconds * 2;

/** Watches runs of a model; `told` is what was reported about its moves. */
function watched(move = async () => {}) {
  const told: (string | undefined)[] = [];
  let moves = 0;
  const model = {
    execution: "inline" as const,
    moveToThread: async () => {
      moves += 1;
      await move();
    },
  };
  const watch = watchRuns(model, (error) => told.push(error?.message));
  const see = async (...runs: number[]) => {
    for (const seconds of runs) watch(seconds);
    await new Promise((resolve) => setImmediate(resolve));
    return moves;
  };
  return { see, told };
}

const times = (count: number, ...runs: number[]) => Array<number[]>(count).fill(runs).flat();

test("short runs stay where they are", async () => {
  assert.is(await watched().see(...times(1000, short)), 0);
});

test("a long run now and then is no reason to move", async () => {
  assert.is(await watched().see(...times(1000, long, short, short)), 0);
});

test("a model moves once when most of its runs are long", async () => {
  const { see, told } = watched();
  assert.is(await see(...times(15, long)), 0);
  assert.is(await see(...times(50, long, long, short)), 1);
  assert.equal(told, [undefined]);
});

test("a move that fails is told and not tried again", async () => {
  const { see, told } = watched(async () => {
    throw new Error("The file is gone");
  });
  assert.is(await see(...times(100, long)), 1);
  assert.equal(told, ["The file is gone"]);
});

test.run();
