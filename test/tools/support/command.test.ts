import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { lastLines, run, succeeds } from "../../../tools/support/command.ts";

const test = suite("command");

test("a command gives what it wrote to its standard output", async () => {
  assert.is(await run("sh", ["-c", "echo out; echo aside >&2"]), "out\n");
});

test("a command reads the input it is given", async () => {
  assert.is(await run("cat", [], { input: "text" }), "text");
});

test("a command that fails is quoted with what it said", async () => {
  const error = await run("sh", ["-c", "echo no such thing >&2; exit 3"]).catch(String);
  assert.match(error, "Could not run: sh -c echo no such thing >&2; exit 3 (3)\nno such thing");
});

test("a command that does not exist is an error that says so", async () => {
  const error = await run("no-such-command", ["up"]).catch(String);
  assert.match(error, /Could not run: no-such-command up \(.*ENOENT/);
});

test("whether a command succeeds can be asked without an error", async () => {
  assert.is(await succeeds("true", []), true);
  assert.is(await succeeds("false", []), false);
});

test("the last lines of a text leave out the empty end", () => {
  assert.is(lastLines("a\nb\nc\n\n", 2), "b\nc");
});

test.run();
