import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { loadModel } from "../../../server/src/model/model.ts";
import { warmUp } from "../../../server/src/model/warmup.ts";
import * as models from "../../../tools/support/models.ts";
import { onnx, type ElementType } from "../../../tools/support/onnx.ts";
import { suite } from "../../support/suite.ts";

const test = suite("warmup");
const folder = mkdtempSync(join(tmpdir(), "intendant-warmup-"));

async function warmedUp(file: Uint8Array) {
  const path = join(folder, "model.onnx");
  writeFileSync(path, file);
  const model = await loadModel({ path, name: "model", threads: 1 });
  try {
    return await warmUp(model);
  } finally {
    await model.close();
  }
}

const rowwise: [name: string, file: Buffer][] = [
  ["a linear model", models.linear()],
  ["one with two inputs", models.sumAndDifference()],
  ["a text classifier", models.intents()],
  ["a table", models.lookup()],
  ["one with an output that is no tensor", models.zipMap()],
];

for (const [name, file] of rowwise) {
  test(`${name} keeps its rows apart`, async () => {
    const { example, rowwise } = await warmedUp(file);
    assert.ok(example);
    assert.ok(rowwise);
  });
}

const mixing: [name: string, file: Buffer][] = [
  ["one that takes the mean of all rows", models.centred()],
  ["one with a fixed number of rows", models.linear(1)],
  ["one where only one of two inputs has a free first dimension", broadcasting()],
];

for (const [name, file] of mixing) {
  test(`${name} does not`, async () => {
    const { example, rowwise } = await warmedUp(file);
    assert.ok(example);
    assert.not(rowwise);
  });
}

test("a model that refuses made-up inputs has no example and is not batched", async () => {
  const { example, rowwise } = await warmedUp(onlyThreeRows());
  assert.is(example, undefined);
  assert.not(rowwise);
});

const types: ElementType[] = ["bool", "float16", "double", "int8", "uint64", "string"];
for (const type of types) {
  test(`an example is made up for ${type}`, async () => {
    const { example } = await warmedUp(models.identity(type, ["N", 2, "M"]));
    assert.equal(example?.inputs["x"]?.shape, [1, 2, 1]);
  });
}

function broadcasting(): Buffer {
  return onnx({
    inputs: [
      { name: "x", type: "float", shape: ["N"] },
      { name: "factor", type: "float", shape: [1] },
    ],
    outputs: [{ name: "y", type: "float", shape: ["N"] }],
    nodes: [{ operator: "Mul", inputs: ["x", "factor"], outputs: ["y"] }],
  });
}

/** Its number of rows looks free, but other than three rows cannot be added to its constant. */
function onlyThreeRows(): Buffer {
  return onnx({
    inputs: [{ name: "x", type: "float", shape: ["N"] }],
    outputs: [{ name: "y", type: "float", shape: ["N"] }],
    nodes: [
      {
        operator: "Concat",
        inputs: ["x", "none"],
        outputs: ["same"],
        attributes: { axis: { int: 0 } },
      },
      { operator: "Reshape", inputs: ["same", "three"], outputs: ["y"] },
    ],
    constants: {
      none: { shape: [0], data: new Float32Array() },
      three: { shape: [1], data: new BigInt64Array([3n]) },
    },
  });
}

test.after(() => rmSync(folder, { recursive: true }));

test.run();
