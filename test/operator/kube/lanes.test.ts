import * as assert from "uvu/assert";
import { Lanes } from "../../../operator/src/kube/lanes.ts";
import { suite } from "../../support/suite.ts";

const test = suite("lanes");

test("run so many tasks at once and the others in their turn, also after a failure", async () => {
  const lanes = new Lanes(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const task = (id: number) =>
    lanes.run(async () => {
      begun.push(id);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (id === 1) throw new Error("it failed");
      return id;
    });
  const [first, ...rest] = [1, 2, 3, 4].map(task);
  assert.equal(begun, [1, 2]);
  ends[0]!();
  await first!.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, "it failed"),
  );
  await new Promise(setImmediate);
  assert.equal(begun, [1, 2, 3]);
  ends[1]!();
  await new Promise(setImmediate);
  assert.equal(begun, [1, 2, 3, 4]);
  for (const end of ends) end();
  assert.equal(await Promise.all(rest), [2, 3, 4]);
});

test.run();
