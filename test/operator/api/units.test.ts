import * as assert from "uvu/assert";
import {
  amount,
  elapsed,
  latency,
  milliseconds,
  rate,
  seconds,
  share,
  size,
} from "../../../operator/src/api/units.ts";
import { suite } from "../../support/suite.ts";

const test = suite("units");

const durations: [text: string, ms: number][] = [
  ["850us", 0.85],
  ["120ms", 120],
  ["1.5s", 1500],
  ["5m", 300_000],
];
for (const [text, ms] of durations) {
  test(`${text} is ${ms} ms`, () => assert.is(milliseconds(text), ms));
}

test("a duration without a unit is refused with an example", () => {
  assert.throws(() => milliseconds("120"), /"120" is not a duration; write for example 120ms/);
});

test("a duration can be had in seconds, a percentage as a share", () => {
  assert.is(seconds("500ms"), 0.5);
  assert.is(share("0.1%"), 0.001);
});

const latencies: [ms: number, text: string][] = [
  [0.001, "0.01ms"],
  [0.85, "0.85ms"],
  [1.1, "1.1ms"],
  [3.06, "3.1ms"],
  [120, "120ms"],
  [120.04, "120.1ms"],
  [1234.56, "1234.6ms"],
];
for (const [ms, text] of latencies) {
  test(`a latency of ${ms} ms is shown as ${text}, never as better`, () => {
    assert.is(latency(ms), text);
  });
}

const rates: [perSecond: number, text: string][] = [
  [0.333, "0.33"],
  [3.34, "3.3"],
  [1203.4, "1203"],
];
for (const [perSecond, text] of rates) {
  test(`a rate of ${perSecond} is shown as ${text}`, () => assert.is(rate(perSecond), text));
}

const quantities: [one: string | number, other: string][] = [
  ["1000m", "1"],
  [2, "2"],
  ["0.5", "500m"],
  ["1024Mi", "1Gi"],
  ["1e3", "1k"],
  ["1.5Gi", "1536Mi"],
];
for (const [one, other] of quantities) {
  test(`${one} is as much as ${other}`, () => assert.is(amount(one), amount(other)));
}

test("what is no quantity amounts to nothing that equals anything", () => {
  assert.ok(Number.isNaN(amount("512MB")));
  assert.ok(Number.isNaN(amount("")));
});

const times: [seconds: number, text: string][] = [
  [0, "0s"],
  [0.0004, "1ms"],
  [0.008, "8ms"],
  [0.9991, "1s"],
  [1.44, "1.4s"],
  [62, "62s"],
];
for (const [seconds, text] of times) {
  test(`a time of ${seconds} s is shown as ${text}`, () => assert.is(elapsed(seconds), text));
}

const sizes: [bytes: number, text: string][] = [
  [0, "0"],
  [1000, "1000"],
  [785_770, "767Ki"],
  [1024 ** 2, "1Mi"],
  [1.26 * 1024 ** 3, "1.3Gi"],
  [121.4 * 1024 ** 2, "121Mi"],
];
for (const [bytes, text] of sizes) {
  test(`${bytes} bytes are shown as ${text}, which is a quantity`, () => {
    assert.is(size(bytes), text);
    assert.ok(Math.abs(amount(text) - bytes) <= bytes * 0.05);
  });
}

test.run();
