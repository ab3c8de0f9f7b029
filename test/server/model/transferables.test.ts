import * as assert from "uvu/assert";
import { transferables } from "../../../server/src/model/transferables.ts";
import { tensor, type Tensors } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";

const test = suite("transferables");

test("what is sent away stays where it was, and nothing beside it is sent", () => {
  const body = new Uint8Array([9, 9, 9, 9, 1, 2, 3, 4]);
  const inputs: Tensors = {
    bytes: { datatype: "UINT8", shape: [4], data: body.subarray(4) },
    halves: tensor("FP16", [2], [0.5, -2]),
    texts: tensor("BYTES", [1], ["été"]),
  };
  const { tensors, buffers } = transferables(inputs);
  const received = structuredClone(tensors, { transfer: buffers });
  assert.equal(received, inputs);
  assert.equal([...body], [9, 9, 9, 9, 1, 2, 3, 4]);
  assert.equal(
    buffers.map(({ byteLength }) => byteLength),
    [0, 0],
  );
  assert.is(
    received["bytes"]?.data instanceof Uint8Array && received["bytes"].data.buffer.byteLength,
    4,
  );
});

test.run();
