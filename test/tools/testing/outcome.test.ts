import * as assert from "uvu/assert";
import { judge } from "../../../tools/testing/outcome.ts";
import { suite } from "../../support/suite.ts";

const test = suite("The outcome of a test file");

const end = (total: number, passed: number) =>
  `\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   0\n  Duration:  1.00ms\n`;

test("names suite and title of each test that failed", () => {
  const output = `plan  • ✘ ✘   (1 / 3)

   FAIL  plan  "keeps one"
    Expected values to be deeply equal:

   FAIL  plan  "says "no""
    no
${end(3, 1)}`;
  const { passed, failed, titles } = judge({ code: 1, output });
  assert.equal({ passed, failed }, { passed: 1, failed: 2 });
  assert.equal(titles, ["plan > keeps one", 'plan > says "no"']);
});

test("is good when each test passed", () => {
  const expected = { passed: 2, failed: 0, trouble: "", titles: [] };
  assert.equal(judge({ code: 0, output: end(2, 2) }), expected);
});

for (const [title, code, output, failed] of [
  ["no test ran", 0, "", 1],
  ["a hook failed", 0, end(2, 0), 2],
  ["the process failed after its last test", 1, end(2, 2), 1],
  ["the process was killed before its end", "SIGKILL", "plan  • •", 1],
] as const) {
  test(`is a failure when ${title}`, () => assert.is(judge({ code, output }).failed, failed));
}

test.run();
