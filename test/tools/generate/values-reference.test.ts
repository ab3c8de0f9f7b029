import * as assert from "uvu/assert";
import { valuesReference } from "../../../tools/generate/values-reference.ts";
import { suite } from "../../support/suite.ts";

const test = suite("The reference of a chart's values");

const head = ["| value | default | what it is |", "| --- | --- | --- |"];
const rows = (yaml: string) => {
  const lines = valuesReference(yaml).split("\n");
  assert.equal(lines.slice(0, 2), head);
  return lines.slice(2);
};

test("has a row for each value, with its comment in one line", () => {
  assert.equal(rows("# How many\n# of them.\ncount: 1\n\n# Whose.\nowner: ''\n"), [
    "| `count` | `1` | How many of them. |",
    '| `owner` | `""` | Whose. |',
  ]);
});

test("has a row for a section, and one for each value in it", () => {
  assert.equal(
    rows("# Colours.\npaint:\n  # Outside.\n  wall: white\n  # Inside.\n  room: red\n"),
    [
      "| `paint` |  | Colours. |",
      '| `paint.wall` | `"white"` | Outside. |',
      '| `paint.room` | `"red"` | Inside. |',
    ],
  );
});

test("takes a map without comments, and a list, for one value", () => {
  assert.equal(
    rows("# Asked for.\nrequests:\n  cpu: 1\n# Where.\nnames: [a, b]\n# None.\nnone: {}\n"),
    [
      '| `requests` | `{"cpu":1}` | Asked for. |',
      '| `names` | `["a","b"]` | Where. |',
      "| `none` | `{}` | None. |",
    ],
  );
});

test("does not break the table, whatever a comment has in it", () => {
  assert.equal(rows("# a|b, or <none>.\nx: 'c|d'\n"), [
    '| `x` | `"c\\|d"` | a\\|b, or &lt;none&gt;. |',
  ]);
});

const wrong: [title: string, yaml: string, says: RegExp][] = [
  ["a value", "# A.\na: 1\nb: 2\n", /The value b has no comment; say above it what it is/],
  ["a section", "a:\n  # B.\n  b: 1\n# C.\nc: 1\n", /The value a has no comment/],
  ["a value among others of a section", "# A.\na:\n  # B.\n  b: 1\n  c: 2\n", /The value a\.c has/],
];

for (const [title, yaml, says] of wrong) {
  test(`refuses ${title} without a comment`, () =>
    assert.throws(() => valuesReference(yaml), says));
}

test("refuses what are no values", () => {
  assert.throws(() => valuesReference("- a\n"), /The values are no map/);
});

test.run();
