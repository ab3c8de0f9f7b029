import * as assert from "uvu/assert";
import { together, type CaptureReport } from "../../../operator/src/state/capture-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("capture report");

const sha256 = "ab".repeat(32);
const annotator = { sha256, enriched: 7000, pending: 1000, rate: 5200.5 };

const report = (parts: Partial<CaptureReport> = {}): CaptureReport => ({
  state: "Connected",
  annotators: [],
  ...parts,
});

test("of no server is that there is no answer", () => {
  assert.equal(together([]), { state: "NoAnswer", annotators: [] });
});

test("of several has the worst state, the newest numbers, and all that was dropped", () => {
  const reports = [
    report({ captured: 10, sentences: 5, dropped: 1 }),
    report({ state: "DatabaseUnreachable", message: "no route", dropped: 4 }),
    report({ captured: 12, sentences: 6, dropped: 2, annotators: [annotator] }),
  ];
  assert.equal(together(reports), {
    state: "DatabaseUnreachable",
    message: "no route",
    captured: 12,
    sentences: 6,
    dropped: 7,
    annotators: [annotator],
  });
});

test("of several without capture is that there is none", () => {
  assert.is(together([report({ state: "Off" }), report({ state: "Off" })]).state, "Off");
});

test.run();
