import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { environment } from "../../tools/support/python.ts";
import { session } from "./session.ts";

const test = suite("python", 300_000);

test("an environment is made once", async () => {
  const both = await Promise.all([environment(), environment()]);
  assert.equal(both[0], both[1]);
  assert.ok(existsSync(join(both[0].packages, "tritonclient")));
});

test("a package with another hash than the file demands makes no environment", async () => {
  const folder = mkdtempSync(join(tmpdir(), "intendant-"));
  const file = join(folder, "requirements.txt");
  writeFileSync(file, `six==1.17.0 --hash=sha256:${"0".repeat(64)}\n`);
  const failure = await environment(file).then(() => "no error", String);
  rmSync(folder, { recursive: true });
  assert.match(failure, "THESE PACKAGES DO NOT MATCH THE HASHES");
  const { packages } = await environment();
  const cache = dirname(dirname(dirname(dirname(packages))));
  assert.equal(
    readdirSync(cache).filter((name) => name.includes("unfinished")),
    [],
  );
});

test("calls functions of a module, one after the other", async () => {
  const json = await session("json");
  assert.is(await json.call("dumps", [1, "é"]), '[1, "\\u00e9"]');
  assert.equal(await json.call("loads", "[1, 2]"), [1, 2]);
  await json.end();
});

test("tells where a function failed", async () => {
  const json = await session("json");
  const failure = await json.call("loads", "[1, ").then(() => "no error", String);
  assert.match(failure, /JSONDecodeError: Expecting value/);
  assert.match(failure, /File ".*decoder\.py"/);
  await json.end();
});

test("a module that cannot be imported fails the call, with what Python said", async () => {
  const nothing = await session("no_such_module");
  const failure = await nothing.call("anything").then(() => "no error", String);
  assert.match(failure, "No module named 'no_such_module'");
});

test.run();
