import * as assert from "uvu/assert";
import { seriesText, valid } from "../../../../tools/bench/server/results.ts";
import { suite } from "../../../support/suite.ts";
import { run, series } from "./series.ts";

const test = suite("results");

test("a series is read as it was written, with a line for each run", () => {
  const runs = [run("plain"), run("fastapi"), run("plain", { round: 2 })];
  const text = seriesText(series(runs));
  assert.equal(JSON.parse(text), series(runs));
  assert.is(text.match(/^ {4}\{"round"/gm)?.length, 3);
});

test("six digits are kept", () => {
  const text = seriesText(series([run("plain", { cpuPerRequest: 0.000123456789 })]));
  assert.match(text, '"cpuPerRequest":0.000123457');
});

test("a load that went well has figures, a void one and a failed run have none", () => {
  assert.is(valid(run("plain"), "one")?.requestsPerSecond, 1000);
  assert.is(valid(run("plain", { void: "1 of 9 answers were wrong" }), "one"), undefined);
  const failed = { round: 1, server: "plain", model: "tiny", failure: "It ended" } as const;
  assert.is(valid(failed, "one"), undefined);
});

test.run();
