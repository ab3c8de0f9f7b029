import * as assert from "uvu/assert";
import { describe, exactJson, parseJson } from "../../server/src/json.ts";
import { suite } from "../support/suite.ts";

const test = suite("json");

test("keeps integers of any size exactly, as BigInt where a number cannot hold them", () => {
  assert.equal(parseJson("[9007199254740991, 9007199254740993, -9223372036854775808]"), [
    9007199254740991,
    9007199254740993n,
    -9223372036854775808n,
  ]);
});

test("leaves long fractions, exponents and digits in texts alone", () => {
  assert.equal(parseJson('[0.12345678901234567, 1e300, "12345678901234567890"]'), [
    Number("0.12345678901234567"),
    1e300,
    "12345678901234567890",
  ]);
});

test("prints all digits of an integer", () => {
  const integers = [1n, -1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 64n - 1n];
  assert.is(
    JSON.stringify(integers.map(exactJson)),
    "[1,-1,9007199254740993,-9223372036854775808,18446744073709551615]",
  );
});

const descriptions: [value: unknown, words: string][] = [
  [null, "null"],
  [undefined, "missing"],
  [1.5, "1.5"],
  [12345678901234567890n, "12345678901234567890"],
  ["été", '"été"'],
  ["x".repeat(100), `"${"x".repeat(39)}…`],
  [[1, 2], "an array of 2"],
  [{ a: 1 }, "an object"],
];

for (const [value, words] of descriptions) {
  test(`describes ${words}`, () => {
    assert.is(describe(value), words);
  });
}

test.run();
