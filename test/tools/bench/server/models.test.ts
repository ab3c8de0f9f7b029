import * as assert from "uvu/assert";
import { tinyModel, tinyRows } from "../../../../tools/bench/server/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("models");

test("the tiny model and its rows are the same every time", () => {
  assert.equal(tinyModel(), tinyModel());
  assert.equal(tinyRows(5), tinyRows(5));
});

test("not every row has the same winner", () => {
  assert.ok(new Set(tinyRows(50).map(({ position }) => position)).size > 1);
});

test.run();
