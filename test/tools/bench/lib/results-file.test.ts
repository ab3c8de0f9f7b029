import * as assert from "uvu/assert";
import { seriesText } from "../../../../tools/bench/lib/results-file.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("results file");

test("a series is read as it was written, with a line for each run", () => {
  const series = {
    rounds: 2,
    runs: [
      { round: 1, p95: 1.5 },
      { round: 2, nested: { p95: 2 } },
    ],
  };
  const text = seriesText(series);
  assert.equal(JSON.parse(text), series);
  assert.is(text.match(/^ {4}\{"round"/gm)?.length, 2);
});

test("six digits are kept", () => {
  const text = seriesText({ runs: [{ cpuPerRequest: 0.000123456789 }] });
  assert.match(text, '"cpuPerRequest":0.000123457');
});

test.run();
