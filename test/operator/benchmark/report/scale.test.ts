import * as fc from "fast-check";
import * as assert from "uvu/assert";
import {
  exact,
  linear,
  logarithmic,
  scaleOf,
} from "../../../../operator/src/benchmark/report/scale.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("scale");

const kinds: [string, number[], "linear" | "logarithmic"][] = [
  ["latencies of one order", [1.8, 3, 6], "linear"],
  ["the SLO ten times above", [1.8, 3, 6, 18], "linear"],
  ["the SLO far above", [1.8, 3, 6, 120], "logarithmic"],
  ["a peak of seconds", [2, 2000], "logarithmic"],
  ["zeros and a value", [0, 0, 5], "linear"],
  ["nothing above zero", [0], "linear"],
  ["nothing", [], "linear"],
];
for (const [what, values, kind] of kinds) {
  test(`is ${kind} for ${what}`, () => {
    assert.is(scaleOf(values, [0, 100]).kind, kind);
  });
}

const linearTicks: [number, number[]][] = [
  [1, [0, 0.5, 1]],
  [6, [0, 2, 4, 6]],
  [7.2, [0, 2, 4, 6, 8]],
  [0.3, [0, 0.1, 0.2, 0.3]],
  [50, [0, 20, 40, 60]],
  [849, [0, 500, 1000]],
];
for (const [largest, ticks] of linearTicks) {
  test(`counts up to ${largest} as ${ticks.join(", ")}`, () => {
    assert.equal(linear(largest, [0, 100]).ticks, ticks);
  });
}

test("ends exactly at the largest value where it has to", () => {
  const { ticks, at, domain } = exact(30, [0, 300]);
  assert.equal([ticks, domain, at(30)], [[0, 10, 20, 30], [0, 30], 300]);
  assert.equal(exact(6.8, [0, 100]).ticks, [0, 2, 4, 6]);
});

const logarithmicTicks: [number, number, number[]][] = [
  [1.6, 45, [1, 2, 5, 10, 20, 50]],
  [1.6, 120, [1, 10, 100]],
  [2.9, 2340, [10, 100, 1000]],
  [50, 1600, [50, 100, 200, 500, 1000, 2000]],
  [0.001, 50_000, [0.001, 0.1, 10, 1000]],
];
for (const [smallest, largest, ticks] of logarithmicTicks) {
  test(`counts from ${smallest} to ${largest} as ${ticks.join(", ")}`, () => {
    const { ticks: found, domain } = logarithmic(smallest, largest, [0, 100]);
    assert.equal(found, ticks);
    assert.ok(domain[0] <= smallest && domain[1] >= largest);
  });
}

test("puts equal ratios at equal distances when it is logarithmic", () => {
  const { at } = logarithmic(1, 1000, [0, 300]);
  assert.equal([1, 10, 100, 1000].map(at), [0, 100, 200, 300]);
});

const latencies = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1 });

test("puts every value between its ends, larger ones further up, with 2 to 8 ticks", () => {
  fc.assert(
    fc.property(latencies, (values) => {
      const { at, ticks, domain } = scaleOf(values, [226, 40]);
      const positions = values.toSorted((one, other) => one - other).map(at);
      assert.ok(positions.every((position) => position >= 40 && position <= 226));
      assert.equal(
        positions,
        positions.toSorted((one, other) => other - one),
      );
      assert.ok(ticks.length >= 2 && ticks.length <= 8, `${values.join()}: ${ticks.join()}`);
      assert.ok(ticks.every((tick) => tick >= domain[0] && tick <= domain[1]));
    }),
  );
});

test("has ticks that are 1, 2 or 5 times a power of ten, or multiples of such a step", () => {
  fc.assert(
    fc.property(latencies, (values) => {
      const { kind, ticks } = scaleOf(values, [0, 100]);
      const step = kind === "linear" ? [ticks[1] ?? 0] : ticks;
      for (const value of step) assert.match(value.toExponential(), /^[125]e/);
    }),
  );
});

test.run();
