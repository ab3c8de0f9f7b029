import * as assert from "uvu/assert";
import {
  captureReport,
  together,
  type CaptureReport,
} from "../../../operator/src/state/capture-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("capture report");

const sha256 = "ab".repeat(32);
const annotator = { sha256, enriched: 7000, pending: 1000, rate: 5200.5 };
const whole = {
  state: "Connected",
  captured: 12345,
  sentences: 8000,
  dropped: 2,
  annotators: [annotator],
};

test("is what a server says", () => {
  assert.equal(captureReport(whole), whole);
});

test("goes without numbers that are not known", () => {
  const said = { state: "DatabaseUnreachable", message: "connect ECONNREFUSED\n 10.0.0.1:5432" };
  assert.equal(captureReport(said), {
    state: "DatabaseUnreachable",
    message: "connect ECONNREFUSED 10.0.0.1:5432",
    captured: undefined,
    sentences: undefined,
    dropped: undefined,
    annotators: [],
  });
});

const strange: [
  title: string,
  said: Record<string, unknown>,
  part: Partial<CaptureReport> | undefined,
][] = [
  ["no state", {}, undefined],
  ["a state that there is not", { state: "Fine" }, undefined],
  ["a state of the operator's own", { state: "Off" }, undefined],
  ["a number below zero", { ...whole, captured: -1 }, { captured: undefined }],
  ["a fraction of a request", { ...whole, dropped: 0.5 }, { dropped: undefined }],
  ["a number as a word", { ...whole, sentences: "8000" }, { sentences: undefined }],
  ["more than can be counted", { ...whole, captured: 2 ** 60 }, { captured: undefined }],
  ["a message that is none", { ...whole, message: { a: 1 } }, { state: "Connected" }],
  ["annotators that are none", { ...whole, annotators: "many" }, { annotators: [] }],
  [
    "an annotator of null",
    { ...whole, annotators: [null, annotator] },
    { annotators: [annotator] },
  ],
  [
    "a digest that is none",
    { ...whole, annotators: [{ ...annotator, sha256: "abc" }] },
    { annotators: [] },
  ],
  ["an annotator that does not count", { ...whole, annotators: [{ sha256 }] }, { annotators: [] }],
  [
    "a rate that is none",
    { ...whole, annotators: [{ ...annotator, rate: "fast" }] },
    { annotators: [{ ...annotator, rate: 0 }] },
  ],
  [
    "the annotator in use",
    { ...whole, annotators: [{ ...annotator, active: true }] },
    { annotators: [{ ...annotator, active: true }] },
  ],
];

for (const [title, said, part] of strange) {
  test(`survives ${title}`, () => {
    const report = captureReport(said);
    if (!part) return assert.is(report, undefined);
    for (const [field, value] of Object.entries(part)) {
      assert.equal(report?.[field as keyof CaptureReport], value, field);
    }
  });
}

test("looks at no more than a hundred annotators", () => {
  const annotators = Array.from({ length: 500 }, () => annotator);
  assert.is(captureReport({ ...whole, annotators })?.annotators.length, 100);
});

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
