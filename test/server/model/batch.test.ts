import * as assert from "uvu/assert";
import { Batcher, type BatchOptions } from "../../../server/src/model/batch.ts";
import { InvalidInput, Unavailable } from "../../../server/src/process/errors.ts";
import type { Model } from "../../../server/src/model/model.ts";
import { RunTimes } from "../../../server/src/model/run-times.ts";
import { tensor, type Tensors } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";

const test = suite("batch");

/** A model that doubles its input, refuses the number 13, and remembers the shapes it ran. */
function doubling() {
  const shapes: number[][] = [];
  const run: Model["run"] = async ({ x }) => {
    const { shape, data } = x as NonNullable<typeof x>;
    shapes.push(shape);
    await new Promise((resolve) => setImmediate(resolve));
    const values = Array.from(data, Number);
    if (values.includes(13)) throw new InvalidInput("13 brings bad luck");
    return {
      outputs: {
        y: tensor(
          "FP64",
          shape,
          values.map((value) => 2 * value),
        ),
      },
      seconds: 0,
    };
  };
  return { shapes, run };
}

function batcher(options: Partial<BatchOptions> = {}) {
  const model = doubling();
  const batch = new Batcher(model, { rowwise: true, ...options });
  const ask = async (rows: number[][]) => {
    const inputs: Tensors = {
      x: tensor("FP64", [rows.length, ...rows.slice(0, 1).map((row) => row.length)], rows.flat()),
    };
    const { y } = await batch.infer(inputs, ["y"]);
    return Array.from(y?.data ?? [], Number);
  };
  return { ask, shapes: model.shapes };
}

test("requests of one turn share a run, and each gets its own answer", async () => {
  const { ask, shapes } = batcher();
  assert.equal(await Promise.all([ask([[1]]), ask([[2], [3]]), ask([[4]])]), [[2], [4, 6], [8]]);
  assert.equal(shapes, [[4, 1]]);
});

test("a request that comes alone runs alone", async () => {
  const { ask, shapes } = batcher();
  assert.equal(await ask([[1]]), [2]);
  assert.equal(await ask([[2]]), [4]);
  assert.equal(shapes, [
    [1, 1],
    [1, 1],
  ]);
});

test("rows of different shapes never share a run", async () => {
  const { ask, shapes } = batcher();
  const answers = await Promise.all([ask([[1]]), ask([[2, 3]]), ask([[4]]), ask([[5, 6]])]);
  assert.equal(answers, [[2], [4, 6], [8], [10, 12]]);
  assert.equal(shapes, [
    [2, 1],
    [2, 2],
  ]);
});

test("requests for different outputs never share a run", async () => {
  const asked: string[][] = [];
  const run: Model["run"] = async ({ x }, outputs) => {
    asked.push(outputs);
    return {
      outputs: Object.fromEntries(outputs.map((name) => [name, x] as const)) as Tensors,
      seconds: 0,
    };
  };
  const batch = new Batcher({ run }, { rowwise: true });
  const x = tensor("FP64", [1], [1]);
  await Promise.all([
    batch.infer({ x }, ["y"]),
    batch.infer({ x }, ["z"]),
    batch.infer({ x }, ["y"]),
  ]);
  assert.equal(asked, [["y"], ["z"]]);
});

test("a model that mixes rows runs each request alone", async () => {
  const { ask, shapes } = batcher({ rowwise: false });
  assert.equal(await Promise.all([ask([[1]]), ask([[2]])]), [[2], [4]]);
  assert.equal(shapes, [
    [1, 1],
    [1, 1],
  ]);
});

test("a request that the model refuses fails alone", async () => {
  const { ask } = batcher();
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  const answers = await Promise.allSettled(numbers.map((number) => ask([[number]])));
  for (const [number, answer] of answers.entries()) {
    if (number === 13) assert.is(answer.status, "rejected");
    else assert.equal(answer, { status: "fulfilled", value: [2 * number] });
  }
});

test("a run has no more rows than allowed, but for a request that alone has more", async () => {
  const { ask, shapes } = batcher({ maxRows: 3 });
  await Promise.all([ask([[1], [2]]), ask([[3], [4]]), ask([[5]]), ask([[1], [2], [3], [4], [5]])]);
  assert.equal(shapes, [
    [2, 1],
    [3, 1],
    [5, 1],
  ]);
});

test("a run has no more bytes than allowed", async () => {
  const { ask, shapes } = batcher({ maxBytes: 16 });
  await Promise.all([ask([[1]]), ask([[2]]), ask([[3]]), ask([[4, 5, 6]])]);
  assert.equal(shapes, [
    [2, 1],
    [1, 1],
    [1, 3],
  ]);
});

const growths: [name: string, seconds: { one: number; four: number }, runs: number[]][] = [
  ["short runs grow", { one: 0.0001, four: 0.0004 }, [8]],
  ["runs that more rows hardly lengthen grow", { one: 0.02, four: 0.0203 }, [8]],
  ["runs grow by a quarter at most", { one: 0.02, four: 0.025 }, [4, 4]],
  ["rows that take as long as the first run alone", { one: 0.02, four: 0.08 }, Array(8).fill(1)],
];

for (const [name, { one, four }, runs] of growths) {
  test(name, async () => {
    const times = new RunTimes();
    times.calibrate({ bytes: 8, seconds: one }, { bytes: 32, seconds: four });
    const { ask, shapes } = batcher({ times });
    await Promise.all(Array.from({ length: 8 }, async (_, index) => ask([[index]])));
    assert.equal(
      shapes.map(([rows]) => rows),
      runs,
    );
  });
}

test("an error that concerns all is not looked for in one of them", async () => {
  let runs = 0;
  const run: Model["run"] = async () => {
    runs += 1;
    throw new Unavailable("The model is being loaded again");
  };
  const batch = new Batcher({ run }, { rowwise: true });
  const x = tensor("FP64", [1], [7]);
  const asks = [1, 2, 3].map(async () => batch.infer({ x }, ["y"]));
  for (const { status } of await Promise.allSettled(asks)) assert.is(status, "rejected");
  assert.is(runs, 1);
});

test("no rows are no reason to fail", async () => {
  const { ask } = batcher();
  assert.equal(await Promise.all([ask([]), ask([[1]])]), [[], [2]]);
});

test("outputs that have not a row for each input are computed one by one", async () => {
  const run: Model["run"] = async ({ x }) => ({
    outputs: { y: tensor("FP64", [1], [x?.data.length]) },
    seconds: 0,
  });
  const batch = new Batcher({ run }, { rowwise: true });
  const x = tensor("FP64", [1], [7]);
  const answers = await Promise.all([batch.infer({ x }, ["y"]), batch.infer({ x }, ["y"])]);
  assert.equal(
    answers.map(({ y }) => Array.from(y?.data ?? [], Number)),
    [[1], [1]],
  );
});

test("more requests than may wait are turned away, and later ones are taken again", async () => {
  const { ask } = batcher({ maxWaiting: 2 });
  const answers = await Promise.allSettled([ask([[1]]), ask([[2]]), ask([[3]])]);
  assert.equal(
    answers.slice(0, 2).map(({ status }) => status),
    ["fulfilled", "fulfilled"],
  );
  const [, , third] = answers;
  assert.ok(third?.status === "rejected" && third.reason instanceof Unavailable);
  assert.equal(await ask([[4]]), [8]);
});

test("every run that worked is observed with its rows", async () => {
  const observed: number[] = [];
  const { ask } = batcher({ observer: { ran: (rows) => observed.push(rows) } });
  await Promise.all([ask([[1]]), ask([[2], [3]])]);
  await ask([[13]]).catch(() => undefined);
  assert.equal(observed, [3]);
});

test.run();
