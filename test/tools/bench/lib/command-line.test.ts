import * as assert from "uvu/assert";
import { dispatch, wholeNumber, wholeNumbers } from "../../../../tools/bench/lib/command-line.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("command line");

test("an option gives its number, or the usual one", () => {
  assert.is(wholeNumber("rounds", "7", 3), 7);
  assert.is(wholeNumber("rounds", undefined, 3), 3);
  assert.equal(wholeNumbers("rates", "300,1000"), [300, 1000]);
  assert.equal(wholeNumbers("queues", ""), []);
});

for (const text of ["0", "-1", "1.5", "many", ""]) {
  test(`"${text}" rounds are refused`, () => {
    assert.throws(
      () => wholeNumber("rounds", text, 3),
      `--rounds is "${text}"; give a whole number above 0`,
    );
  });
}

test("the first word chooses what is done", async () => {
  const done: string[] = [];
  const command = (name: string) => async () => void done.push(name);
  await dispatch("render", { run: command("run"), render: command("render") });
  assert.equal(done, ["render"]);
});

for (const word of [undefined, "walk", "toString"]) {
  test(`the first word ${word} is an error that names the commands`, async () => {
    const errors: unknown[] = [];
    const { error } = console;
    console.error = (text) => void errors.push(text);
    try {
      await dispatch(word, { run: async () => {}, render: async () => {} });
      assert.is(process.exitCode, 1);
      assert.equal(errors, [`"${word ?? ""}" is not a command; give run or render`]);
    } finally {
      console.error = error;
      process.exitCode = 0;
    }
  });
}

test.run();
