import * as assert from "uvu/assert";
import { describe, exactJson, parseExactJson } from "../../../server/src/process/json.ts";
import { suite } from "../../support/suite.ts";

const test = suite("json");

test("keeps integers of any size exactly, as BigInt where a number cannot hold them", () => {
  assert.equal(parseExactJson("[9007199254740991, 9007199254740993, -9223372036854775808]"), [
    9007199254740991,
    9007199254740993n,
    -9223372036854775808n,
  ]);
});

test("leaves long fractions, exponents and digits in texts alone", () => {
  assert.equal(parseExactJson('[0.12345678901234567, 1e300, "12345678901234567890"]'), [
    Number("0.12345678901234567"),
    1e300,
    "12345678901234567890",
  ]);
});

const places = ["[%]", "[0,%]", "[%,0]", "[ % ]", '{"a":%}', '{"a": %\n}', "[-%]", "[[%]]"];

for (const place of places) {
  test(`finds a long integer in ${JSON.stringify(place)}`, () => {
    const digits = "1234567890123456789";
    const found = JSON.stringify(parseExactJson(place.replace("%", digits)), (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    assert.match(found, digits);
  });
}

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
