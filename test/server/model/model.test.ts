import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import * as assert from "uvu/assert";
import { InvalidInput, Refusal, Unavailable } from "../../../server/src/process/errors.ts";
import { loadModel, type Execution, type Model } from "../../../server/src/model/model.ts";
import { tensor } from "../../../server/src/tensors/tensors.ts";
import * as models from "../../../tools/support/models.ts";
import { onnx, type ElementType } from "../../../tools/support/onnx.ts";
import { suite } from "../../support/suite.ts";
import { until } from "../../../tools/support/until.ts";

const test = suite("model", 30_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-run-"));
const path = join(folder, "model.onnx");

async function withModel(
  file: Uint8Array,
  use: (model: Model, troubles: (string | undefined)[]) => Promise<void>,
  execution: Execution = "inline",
) {
  writeFileSync(path, file);
  const troubles: (string | undefined)[] = [];
  const onLoadFailure = (error: Error | undefined) => void troubles.push(error?.message);
  const model = await loadModel({ path, name: "model", threads: 1, execution, onLoadFailure });
  try {
    await use(model, troubles);
  } finally {
    await model.close();
  }
}

const refused = async (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => assert.unreachable("this should have failed"),
    (error: Error) => error,
  ) as Promise<Error>;

for (const execution of ["inline", "thread"] as const) {
  test(`${execution}: numbers, text and what the file says arrive`, async () => {
    await withModel(
      models.intents(),
      async (model) => {
        const { description } = model;
        assert.is(model.execution, execution);
        assert.is(description.metadata.get("task"), "intent-classification");
        assert.equal(description.inputs, [{ name: "sentence", datatype: "BYTES", shape: [-1] }]);
        const inputs = { sentence: tensor("BYTES", [2], ["au revoir", "été 🌞"]) };
        const { outputs, seconds } = await model.run(inputs, ["label", "probabilities"]);
        assert.equal(outputs["label"]?.data, ["leave", "other"]);
        assert.equal(outputs["probabilities"], {
          datatype: "FP32",
          shape: [2, 3],
          data: new Float32Array([0.125, 0.625, 0.25, 0.25, 0.25, 0.5]),
        });
        assert.ok(seconds > 0);
      },
      execution,
    );
  });

  test(`${execution}: the inputs are still there after a run`, async () => {
    await withModel(
      models.linear(),
      async (model) => {
        const whole = new Float32Array([9, 9, 1, 2, 3, 4]);
        const x = { datatype: "FP32" as const, shape: [1, 4], data: whole.subarray(2) };
        for (let times = 0; times < 2; times++) {
          const { outputs } = await model.run({ x }, ["y"]);
          assert.equal(outputs["y"]?.data, new Float32Array([15, 26, 37]));
        }
        assert.equal(whole, new Float32Array([9, 9, 1, 2, 3, 4]));
      },
      execution,
    );
  });

  test(`${execution}: inputs that ONNX Runtime refuses are the client's fault`, async () => {
    await withModel(
      models.lookup(),
      async (model) => {
        const error = await refused(model.run({ id: tensor("INT64", [1], [99n]) }, ["y"]));
        assert.instance(error, InvalidInput);
        assert.match(error.message, /^The model does not take this input: .* idx=99 /);
      },
      execution,
    );
  });

  test(`${execution}: memory that is not there is the server's fault`, async () => {
    await withModel(
      endless(),
      async (model) => {
        const shape = tensor("INT64", [2], [1_000_000, 10_000_000]);
        const error = await refused(model.run({ shape }, ["y"]));
        assert.not(error instanceof Refusal);
        assert.match(error.message, /^ONNX Runtime has not enough memory for this run: /);
        const { outputs } = await model.run({ shape: tensor("INT64", [2], [1, 2]) }, ["y"]);
        assert.equal(outputs["y"]?.shape, [1, 2]);
      },
      execution,
    );
  });
}

const types: [ElementType, unknown[]][] = [
  ["bool", [true, false]],
  ["int8", [-128, 127]],
  ["int64", [-(2n ** 63n), 2n ** 63n - 1n]],
  ["uint64", [0n, 2n ** 64n - 1n]],
  ["float16", [0.5, -2]],
  ["double", [Math.PI, 1e300]],
  ["string", ["", "né"]],
];

for (const [type, values] of types) {
  test(`${type} goes through a thread unchanged`, async () => {
    await withModel(
      models.identity(type),
      async (model) => {
        const datatype = model.description.inputs[0]?.datatype ?? "BOOL";
        const x = tensor(datatype, [2], values);
        const { outputs } = await model.run({ x }, ["y"]);
        assert.equal(outputs["y"], x);
      },
      "thread",
    );
  });
}

test("a file that is no model is refused by a thread with the same sentence", async () => {
  const refusals: string[] = [];
  for (const execution of ["inline", "thread"] as const) {
    const { message } = await refused(
      withModel(Buffer.from("no model"), async () => undefined, execution),
    );
    refusals.push(message);
  }
  assert.match(String(refusals[0]), "is not a model that ONNX Runtime loads");
  assert.is(refusals[1], refusals[0]);
});

test("a move to a thread keeps the requests that come meanwhile", async () => {
  await withModel(models.linear(), async (model, troubles) => {
    const run = async () =>
      (await model.run({ x: tensor("FP32", [1, 4], [1, 2, 3, 4]) }, ["y"])).outputs["y"]?.data;
    const moving = model.moveToThread();
    const answers = await Promise.all([run(), run(), run()]);
    for (const answer of answers) assert.equal(answer, new Float32Array([15, 26, 37]));
    await moving;
    assert.is(model.execution, "thread");
    assert.equal(troubles, []);
  });
});

test("a model whose file is gone stays where it is", async () => {
  await withModel(models.linear(), async (model) => {
    rmSync(path);
    const { message } = await refused(model.moveToThread());
    assert.match(message, "there is no such file");
    assert.is(model.execution, "inline");
    const { outputs } = await model.run({ x: tensor("FP32", [1, 4], [1, 2, 3, 4]) }, ["y"]);
    assert.equal(outputs["y"]?.data, new Float32Array([15, 26, 37]));
  });
});

test("a thread that ends fails its runs, is told once and started again", async () => {
  const worker = nextWorker();
  await withModel(
    models.linear(),
    async (model, troubles) => {
      const x = tensor("FP32", [1, 4], [1, 2, 3, 4]);
      const runs = [model.run({ x }, ["y"]), model.run({ x }, ["y"])];
      await (await worker).terminate();
      for (const run of runs) {
        const error = (await refused(run)) as Refusal;
        assert.is(error.status, 500);
        assert.is(error.message, "Internal error; see the server log");
      }
      assert.instance(await refused(model.run({ x }, ["y"])), Unavailable);
      await until(() => troubles.length === 2);
      assert.equal(troubles, ["The thread that ran the model ended: it was stopped", undefined]);
      const { outputs } = await model.run({ x }, ["y"]);
      assert.equal(outputs["y"]?.data, new Float32Array([15, 26, 37]));
    },
    "thread",
  );
});

test("a thread that ends is not started with another file", async () => {
  const worker = nextWorker();
  await withModel(
    models.linear(),
    async (model, troubles) => {
      writeFileSync(path, models.linear(1));
      await (await worker).terminate();
      await until(() => troubles.length === 2);
      assert.match(String(troubles[1]), /The SHA-256 of .* is \w{64}, expected \w{64}$/);
      const error = await refused(model.run({}, ["y"]));
      assert.instance(error, Unavailable);
    },
    "thread",
  );
});

/** The next thread that anything in this process starts. */
const nextWorker = async () => new Promise<Worker>((resolve) => process.once("worker", resolve));

/** Answers zeros of the shape that it is asked for. */
function endless(): Buffer {
  return onnx({
    inputs: [{ name: "shape", type: "int64", shape: [2] }],
    outputs: [{ name: "y", type: "float", shape: ["A", "B"] }],
    nodes: [{ operator: "Expand", inputs: ["zero", "shape"], outputs: ["y"] }],
    constants: { zero: { shape: [1], data: new Float32Array(1) } },
  });
}

test.after(() => rmSync(folder, { recursive: true }));

test.run();
