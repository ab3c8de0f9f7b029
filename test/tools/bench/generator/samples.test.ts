import * as assert from "uvu/assert";
import {
  figures,
  locustSamples,
  vegetaSamples,
} from "../../../../tools/bench/generator/samples.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("The answers of other generators");

/** A line as vegeta writes it. */
function hit(more: object): string {
  return JSON.stringify({
    attack: "",
    seq: 0,
    code: 200,
    timestamp: "2026-11-25T22:00:00.001234567Z",
    latency: 50_000_000,
    bytes_out: 0,
    bytes_in: 41,
    error: "",
    body: "W10=",
    method: "GET",
    url: "http://127.0.0.1:8080/api/intent?sentence=a",
    headers: { Date: ["Wed, 25 Nov 2026 22:00:00 GMT"] },
    ...more,
  });
}

test("of vegeta have their time and latency in milliseconds", () => {
  const text = `${hit({})}\n${hit({ latency: 1_234_567 })}\n`;
  const at = Date.parse("2026-11-25T22:00:00.001Z");
  assert.equal(vegetaSamples(text), [
    { at, latency: 50 },
    { at, latency: 1.234567 },
  ]);
});

const answer = { at: 10.5, latency: 3, status: 200, error: null, own: 1 };
const written = (...entries: object[]) =>
  entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");

test("of Locust have their time in milliseconds", () => {
  const text = written(answer, { ...answer, at: 11 });
  assert.equal(locustSamples(text), [
    { at: 10_500, latency: 3, own: 1 },
    { at: 11_000, latency: 3, own: 1 },
  ]);
});

const refused: [string, () => unknown, string][] = [
  [
    "vegeta was refused",
    () => vegetaSamples(hit({ code: 0, error: "connection refused" })),
    "A request of vegeta failed: status 0 connection refused",
  ],
  [
    "vegeta got an error",
    () => vegetaSamples(`${hit({})}\n${hit({ code: 503, error: "503 Service Unavailable" })}`),
    "A request of vegeta failed: status 503 503 Service Unavailable",
  ],
  [
    "vegeta was redirected",
    () => vegetaSamples(hit({ code: 302 })),
    "A request of vegeta failed: status 302",
  ],
  [
    "Locust was refused",
    () => locustSamples(written({ ...answer, status: 0, error: "refused" })),
    "A request of Locust failed: status 0 refused",
  ],
  [
    "Locust got an error",
    () => locustSamples(written({ ...answer, status: 500 })),
    "A request of Locust failed: status 500",
  ],
  ["nothing was asked", () => figures([], { from: 0, seconds: 1 }), "No answer was counted"],
];
for (const [what, read, message] of refused) {
  test(`are worth nothing when ${what}`, () => {
    assert.throws(read, (error: Error) => {
      assert.is(error.message, message);
      return true;
    });
  });
}

test("have percentiles between two answers, as k6 has them", () => {
  const samples = [40, 10, 30, 20, 50].map((latency, index) => ({ at: index, latency }));
  assert.equal(figures(samples, { from: 0, seconds: 5 }), { p50: 30, p95: 48, p99: 49.6, rps: 1 });
});

test("count from the beginning of the period to its end, whenever they came", () => {
  const samples = [
    { at: 999, latency: 1 },
    { at: 1000, latency: 2 },
    { at: 2999, latency: 4 },
    { at: 3000, latency: 8 },
  ];
  const { p50, rps } = figures(samples, { from: 1000, seconds: 2 });
  assert.is(p50, 3);
  // The last of them came 3 ms after the end.
  assert.is(rps, 2000 / 2003);
});

test("have percentiles without the generator's own time, where that is known", () => {
  const samples = [1, 5, 2].map((own) => ({ at: 0, latency: 10, own }));
  assert.equal(figures(samples, { from: 0, seconds: 1 }).net, { p50: 8, p95: 8.9, p99: 8.98 });
  assert.not("net" in figures([{ at: 0, latency: 10 }], { from: 0, seconds: 1 }));
});

test.run();
