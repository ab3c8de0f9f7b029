import * as assert from "uvu/assert";
import type { Measurement, Series } from "../../../../benchmarks/contract.ts";
import {
  report,
  reportInput,
  type ReportInput,
} from "../../../../operator/src/benchmark/report/report.ts";
import { suite } from "../../../support/suite.ts";
import { figures, intentFr } from "../../fixtures.ts";
import { isGoldenText } from "../../golden.ts";
import { capacity, invalid, killed, measured, met, rate } from "./inputs.ts";

const test = suite("report");

const inputs = { rate, met, capacity, invalid, killed };

/** What a person reads, in one line. */
function text(html: string): string {
  const body = html.slice(html.indexOf("<body>"));
  return body
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** The attributes of the elements of a name, in the order of the page. */
function elements(html: string, name: string): Record<string, string>[] {
  return [...html.matchAll(new RegExp(`<${name} ([^>]*?)/?>`, "g"))].map(([, attributes = ""]) =>
    Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ),
  );
}

test("is the page that was looked at", () => {
  isGoldenText(report(capacity), "report/capacity.html");
});

const verdicts: [keyof typeof inputs, RegExp][] = [
  ["rate", /SLO missed : P95 3.1ms is within 120ms, 8 of 1500 requests failed, more than 0.1%/],
  ["met", /Within the SLO : P95 3.1ms is within 5ms, 0 of 1500 requests failed/],
  ["capacity", /Within the SLO : P95 96ms is within 100ms/],
  ["invalid", /No result : the rate was 31.2\/s, less than 95% of 50\/s \(RateNotReached\)/],
  ["killed", /No result : k6 was killed \(OOMKilled, exit code 137\) \(GeneratorKilled\)/],
];
for (const [name, pattern] of verdicts) {
  test(`says at the top of ${name} what came of it`, () => {
    assert.match(text(report(inputs[name])).slice(0, 300), pattern);
  });
}

test("says when nothing was promised", () => {
  const page = report({ ...rate, subject: { ...rate.subject, slo: undefined } });
  assert.match(
    text(page),
    /Measured : 8 of 1500 requests failed; spec.slo sets neither p95 nor errorRate/,
  );
  assert.is(elements(page, "line").filter((line) => line["class"] === "slo").length, 0);
});

test("has tiles of figures only where there are some", () => {
  assert.match(report(rate), /<dl class="tiles">/);
  for (const page of [report(invalid), report(killed)])
    assert.not.match(page, /<dl class="tiles">/);
  assert.match(report(invalid), /says nothing about the model/);
  assert.match(report(killed), /left nothing that could be shown/);
});

test("shows how it was measured, with what is known", () => {
  const page = text(report(rate));
  for (const fact of [
    "Scenario Rate: 50 requests a second, whether or not earlier ones were answered, for 30 s",
    "Before it, not counted 5 s of the same load",
    "SLO P95 120 ms, errors 0.1%",
    "Pods 2",
    "Processor AMD EPYC 7763 64-Core Processor",
    "Began 2026-10-01 12:00:00 UTC",
    "Commonest failure GET /api/intent answered 503",
    "Memory of a pod at the end 121 MiB",
    "Generator held back by its CPU limit in 2% of the time",
  ]) {
    assert.ok(page.includes(fact), fact);
  }
  const { trigger, node, ...subject } = rate.subject;
  const less = text(report({ ...rate, subject }));
  assert.ok(trigger && node && !less.includes("Trigger") && !less.includes("Processor"));
});

const hostile = `</title><script>alert("x")</script><img src=x onerror='alert(1)'>&lt;`;

test("takes no name and no message for a part of the page", () => {
  const page = report({
    subject: {
      ...invalid.subject,
      name: hostile,
      namespace: hostile,
      job: hostile,
      revision: hostile,
      trigger: hostile,
      image: hostile,
      sha256: hostile,
      resources: hostile,
      node: { cpu: hostile },
      slo: { p95: "120ms", errorRate: hostile },
    },
    verdict: { invalid: { reason: hostile, message: hostile } },
    measurement: { ...measured, commonestFailure: hostile },
  });
  assert.not.match(page, /<script|<img|onerror='/);
  assert.is(page.match(/<\/title>/g)?.length, 1 + (page.match(/<svg/g)?.length ?? 0));
});

test("needs nothing from outside, and runs nothing", () => {
  for (const page of Object.values(inputs).map(report)) {
    assert.not.match(page, /<script|<link|<img|<iframe|@import|url\(|https?:|\son\w+=/);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
  }
});

/** As much as there can be: 30 buckets, many steps, long words. */
const largest: ReportInput = {
  ...capacity,
  measurement: {
    ...capacity.measurement!,
    commonestFailure: "x".repeat(300),
    capacity: {
      ...capacity.measurement!.capacity!,
      steps: Array.from({ length: 60 }, (_, index) => [123.45 + index, 1234.56, 0.1234, 0]),
    },
  },
};

test("is not larger than 60 KB", () => {
  assert.ok(Buffer.byteLength(report(largest)) <= 60_000);
});

test("names and describes each picture, and repeats its numbers in a table", () => {
  const page = report(capacity);
  const pictures = elements(page, "svg");
  assert.is(pictures.length, 4);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.is(new Set(ids).size, ids.length);
  for (const picture of pictures) {
    assert.is(picture["role"], "img");
    for (const id of picture["aria-labelledby"]?.split(" ") ?? []) assert.ok(ids.includes(id), id);
  }
  assert.is(page.match(/<tr>/g)?.length, 1 + 14 + 2 + 11);
});

/** Where the plot is in every picture. */
const plot = { left: 62, right: 496, top: 40, bottom: 226 };

function points(html: string): [number, number][] {
  const lines = elements(html, "polyline").flatMap(({ points = "" }) => points.split(" "));
  return lines.map((pair) => pair.split(",").map(Number) as [number, number]);
}

for (const [name, input] of Object.entries({ ...inputs, largest })) {
  test(`draws every point of ${name} into the plot`, () => {
    const page = report(input);
    for (const [x, y] of points(page)) {
      assert.ok(
        x >= plot.left && x <= plot.right && y >= plot.top && y <= plot.bottom,
        `${x},${y}`,
      );
    }
    for (const { x = "", y = "", width = "", height = "" } of elements(page, "rect")) {
      if (height === "10") continue;
      assert.ok(Number(x) >= plot.left && Number(x) + Number(width) <= plot.right, `${x} ${width}`);
      assert.ok(Number(y) >= plot.top && Number(y) + Number(height) <= plot.bottom + 0.1);
    }
    assert.not.match(page, /NaN|undefined|Infinity|\[object/);
  });
}

test("draws a slower moment higher, at its time", () => {
  const [p95] = elements(report(rate), "polyline").filter((line) => line["class"] === "p95");
  const curve = p95!["points"]!.split(" ").map((pair) => pair.split(",").map(Number));
  const highest = Math.min(...curve.map(([, y]) => y!));
  assert.is(
    curve.findIndex(([, y]) => y === highest),
    17,
  );
  assert.equal(curve[17]?.[0], Number((62 + (17.5 / 30) * (496 - 62)).toFixed(1)));
});

const gap: Series = {
  seconds: 2,
  buckets: [
    [1, 2, 3, 10, 0],
    [1, 2, 3, 10, 0],
    [null, null, null, 10, 10],
    [1, 2, 3, 10, 0],
  ],
};

test("breaks a curve where nothing was answered, and marks a moment that stands alone", () => {
  const page = report({ ...rate, measurement: { ...measured, series: gap } });
  assert.is(elements(page, "polyline").filter((line) => line["class"] === "p95").length, 1);
  assert.is(elements(page, "circle").filter((dot) => dot["class"] === "p95 dot").length, 1);
  assert.match(page, /<tr><td>4 s<\/td><td>–<\/td>/);
});

const sparse: [string, Partial<Measurement>][] = [
  ["without a series", { series: undefined }],
  ["with an empty series", { series: { seconds: 1, buckets: [] } }],
  ["with one bucket", { series: { seconds: 5, buckets: [[1, 2, 3, 1, 0]] } }],
  [
    "in which nothing was answered",
    { series: { seconds: 5, buckets: [[null, null, null, 3, 3]] } },
  ],
  ["with an idle bucket", { series: { seconds: 5, buckets: [[null, null, null, 0, 0]] } }],
  ["without a latency", { latency: undefined }],
  ["of a search that held nothing", { capacity: { rps: 0, steps: [[10, null, 1, 0]] } }],
  ["of a search without steps", { capacity: { rps: 0, steps: [] } }],
];
for (const [what, parts] of sparse) {
  test(`draws a measurement ${what}`, () => {
    const { latency, series, ...rest } = { ...measured, ...parts };
    const measurement = { ...rest, ...(latency && { latency }), ...(series && { series }) };
    const page = report({ ...invalid, measurement });
    assert.not.match(page, /NaN|undefined|Infinity/);
  });
}

test("marks each step as held or not, and the capacity", () => {
  const page = report(capacity);
  const curve = page.slice(page.indexOf(`id="capacity-title"`), page.indexOf(`id="latency-title"`));
  assert.is(elements(curve, "circle").length, 6 + 1);
  assert.is(elements(curve, "path").length, 8 + 1);
  assert.match(text(page), /Capacity 850\/s/);
  assert.match(text(page), /Pod capacity 425\/s more did not keep the SLO/);
});

test("speaks of no capacity where the search was not valid", () => {
  const { verdict } = invalid;
  const page = text(report({ ...capacity, verdict }));
  assert.match(page, /Highest held 850\/s/);
  assert.not.match(page, /Capacity 850|Pod capacity/);
});

test("draws the curve through the median of the tries of a rate", () => {
  const tries = [10, 20, 90].map((p95): [number, number, number, 0 | 1] => [100, p95, 0, 1]);
  const found = { rps: 100, steps: [...tries, [200, 100, 0, 0] as [number, number, number, 0]] };
  const measurement = { ...capacity.measurement!, capacity: found };
  const page = report({ ...capacity, measurement });
  const [curve] = elements(page, "polyline");
  assert.is(curve!["points"], "279,188.8 496,40");
});

test("says when the generator was the limit", () => {
  const measurement = { ...capacity.measurement!, limitedBy: "generator" as const };
  assert.match(text(report({ ...capacity, measurement })), /the load generator could do no more/);
});

const entry = {
  job: rate.subject.job,
  revision: "aaaaaaaa",
  subject: "cccccccc",
  trigger: "Request",
  outcome: "Valid",
};

test("is made of a run that is over, with what its figures say of it", () => {
  const found = { ...figures, replicas: 2, resources: "cpu 250m", node: { cpu: "a processor" } };
  const { plan } = rate.subject;
  const input = reportInput(intentFr({ slo: { p95: "5ms" } }), plan, {
    entry,
    figures: found,
    measurement: measured,
  });
  const page = text(report(input));
  for (const fact of ["Trigger Request", "Pods 2", "Processor a processor", "Within the SLO"]) {
    assert.ok(page.includes(fact), fact);
  }
});

test("is made of a run that was broken off, of which nothing is left", () => {
  const { plan } = rate.subject;
  const broken = { ...entry, outcome: "ReplicasChanged", message: "the number of pods changed" };
  const page = text(report(reportInput(intentFr(), plan, { entry: broken })));
  assert.match(page, /No result : the number of pods changed \(ReplicasChanged\)/);
});

test.run();
