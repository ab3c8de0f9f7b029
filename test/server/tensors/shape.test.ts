import * as assert from "uvu/assert";
import { checkedShape } from "../../../server/src/tensors/shape.ts";
import type { TensorSpec } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";

const test = suite("shape");

const spec = (shape: number[]): TensorSpec => ({ name: "x", datatype: "FP32", shape });

test("a free dimension takes any size, also none", () => {
  for (const shape of [
    [0, 2],
    [1, 2],
    [1000, 2],
  ])
    assert.is(checkedShape(spec([-1, 2]), shape), shape);
});

test("a model that does not tell its shape takes any", () => {
  for (const shape of [[], [3], [3, 4]]) assert.is(checkedShape(spec([]), shape), shape);
});

const noShape = 'Input "x" needs a shape; write an array of whole numbers';
const refused: [shape: unknown, sentence: string][] = [
  [undefined, noShape],
  [null, noShape],
  ["1,2", noShape],
  [[1, null], noShape],
  [["1", 2], noShape],
  [[1.5, 2], noShape],
  [[-1, 2], noShape],
  [[2 ** 53, 2], noShape],
  [[2n ** 53n, 2], noShape],
  [[2], 'Input "x" has the shape [2]; the model takes [-1, 2], where -1 is any size'],
  [[1, 3], 'Input "x" has the shape [1, 3]; the model takes [-1, 2], where -1 is any size'],
  [[1, 2, 1], 'Input "x" has the shape [1, 2, 1]; the model takes [-1, 2], where -1 is any size'],
];

for (const [shape, sentence] of refused) {
  test(`refuses ${Array.isArray(shape) ? `[${shape.join(", ")}]` : String(shape)}`, () => {
    assert.throws(
      () => checkedShape(spec([-1, 2]), shape),
      (error: Error) => error.message === sentence,
    );
  });
}

test("a shape of thousands of dimensions is refused without repeating them all", () => {
  const shape = Array.from({ length: 100_000 }, () => 1);
  const sentenceOf = (expected: number[]): string => {
    try {
      checkedShape(spec(expected), shape);
      return "none";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(sentenceOf([]), "; the model takes any with up to 64 dimensions");
  assert.ok(sentenceOf([]).length < 400);
  assert.ok(sentenceOf([-1, 2]).length < 300);
});

test("a shape of no elements and huge dimensions is refused", () => {
  const huge = [0, 2 ** 31];
  const sentence =
    'Input "x" has no elements, but the shape [0, 2147483648]; make its other dimensions smaller';
  for (const expected of [[-1, -1], []]) {
    assert.throws(
      () => checkedShape(spec(expected), huge),
      (error: Error) => error.message === sentence,
    );
  }
  // What the model itself says is not the client's doing.
  assert.is(checkedShape(spec([-1, 2 ** 31]), huge), huge);
});

test("a shape without free dimensions is told as it is", () => {
  assert.throws(
    () => checkedShape(spec([1, 2]), [2, 2]),
    (error: Error) => error.message === 'Input "x" has the shape [2, 2]; the model takes [1, 2]',
  );
});

test.run();
