import * as assert from "uvu/assert";
import {
  startGenerator,
  type Command,
} from "../../../../tools/bench/generator/running-generator.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("Another generator");

const samples = () => [{ at: 1, latency: 2 }];
const shell = (script: string, begins?: string): Command => ({
  program: "sh",
  args: ["-c", script],
  ...(begins !== undefined && { begins }),
});
/** Ends as it is told when it gets the signal, and never by itself. */
const patient = (code: number) =>
  `trap 'exit ${code}' INT; echo ready; while :; do sleep 0.05; done`;

async function message(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "it did not fail",
    (error: Error) => error.message,
  );
}

test("is stopped when it has begun, and then tells what it saw", async () => {
  const generator = await startGenerator(shell(patient(0), "ready"), samples);
  assert.equal(await generator.stop(), samples());
});

test("fails with its last words when it ends with another code than 0", async () => {
  const generator = await startGenerator(shell(patient(3), "ready"), samples);
  assert.is(await message(generator.stop()), "sh ended with 3\nready");
});

test("fails when it ends before it has begun", async () => {
  const begun = startGenerator(shell("echo no such option >&2; exit 1", "ready"), samples);
  assert.is(await message(begun), "sh ended before it was told to\nno such option");
});

test("fails when it cannot be started", async () => {
  const begun = startGenerator({ program: "/no/such/program", args: [], begins: "ready" }, samples);
  assert.match(await message(begun), "ENOENT");
});

test.run();
