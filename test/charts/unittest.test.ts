import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename } from "node:path";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { chart, helm } from "./helm.ts";
import { helmUnittest } from "../../tools/chart-programs/programs.ts";

const test = suite("The chart's own tests", 30_000);

let program = "";
test.before(async () => {
  program = await helmUnittest();
});

const files = globSync(`${chart}/tests/*_test.yaml`).sort();

for (const file of files) {
  test(`${basename(file)} holds`, () => {
    const args = ["--file", `tests/${basename(file)}`, "--strict", chart];
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    assert.is(status, 0, stdout + stderr);
    const [, passed, total] = /^Tests:\s+(\d+) passed, (\d+) total$/m.exec(stdout) ?? [];
    assert.ok(Number(passed) > 0 && passed === total, stdout);
  });
}

test("do not go into the package, while those of helm test do", () => {
  assert.ok(files.length > 0);
  const { code, stdout, stderr } = helm(["template", chart]);
  assert.is(code, 0, stderr);
  assert.match(stdout, "# Source: intendant/templates/tests/inference.yaml");
});

test.run();
