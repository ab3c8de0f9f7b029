import * as assert from "uvu/assert";
import { valid } from "../../../../tools/bench/server/results.ts";
import { suite } from "../../../support/suite.ts";
import { run } from "./series.ts";

const test = suite("results");

test("a load that went well has figures, a void one and a failed run have none", () => {
  assert.is(valid(run("plain"), "one")?.requestsPerSecond, 1000);
  assert.is(valid(run("plain", { void: "1 of 9 answers were wrong" }), "one"), undefined);
  const failed = { round: 1, server: "plain", model: "tiny", failure: "It ended" } as const;
  assert.is(valid(failed, "one"), undefined);
});

test.run();
