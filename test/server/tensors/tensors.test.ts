import * as assert from "uvu/assert";
import { joinRows, splitRows, tensor } from "../../../server/src/tensors/tensors.ts";
import { suite } from "../../support/suite.ts";
import { examples } from "./examples.ts";

const test = suite("tensors");

test("rows are joined and split in their order", () => {
  for (const [datatype, data] of examples) {
    const one = tensor(datatype, [1, 1], data.slice(0, 1));
    const two = tensor(datatype, [2, 1], data);
    const joined = joinRows([one, two]);
    assert.equal(joined, tensor(datatype, [3, 1], [data[0], ...data]));
    assert.equal(splitRows(joined, [1, 2]), [one, two]);
  }
});

test.run();
