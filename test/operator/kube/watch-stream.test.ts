import * as assert from "uvu/assert";
import type { ApiError } from "../../../operator/src/kube/errors.ts";
import { lines, watchEvent } from "../../../operator/src/kube/watch-stream.ts";
import { suite } from "../../support/suite.ts";

const test = suite("watch stream");

/** The lines of a text that comes in pieces of so many bytes. */
async function linesOf(text: string, size: number): Promise<string[]> {
  const bytes = Buffer.from(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const result = [];
  for await (const line of lines(pieces())) result.push(line);
  return result;
}

test("lines are the same in whatever pieces they come", async () => {
  const text = '{"a":"été 🌸"}\n{"b":2}\n{"c":3}\n';
  for (let size = 1; size <= Buffer.byteLength(text); size += 1) {
    assert.equal(await linesOf(text, size), ['{"a":"été 🌸"}', '{"b":2}', '{"c":3}']);
  }
});

test("a line without an end was cut off", async () => {
  assert.equal(await linesOf('{"a":1}\n{"b":', 3), ['{"a":1}']);
});

test("an ERROR event is thrown with the code that it carries", () => {
  const object = { code: 410, reason: "Expired", message: "too old" };
  assert.throws(
    () => watchEvent("watch pods", JSON.stringify({ type: "ERROR", object })),
    (error: ApiError) =>
      error.status === 410 && error.message === "Could not watch pods: too old (410 Expired)",
  );
});

test.run();
