import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";

const test = suite("tools/test", 30_000);
const suitePath = join(import.meta.dirname, "../support/suite.ts");

/** Runs tools/test.ts over one test file with the given body, or over none, and over other paths. */
function runTests(
  body: string | undefined,
  ...others: string[]
): { code: number | null; lastLine: string; output: string } {
  const folder = mkdtempSync(join(import.meta.dirname, "case-"));
  try {
    if (body !== undefined) {
      const head = `import { suite } from "${suitePath}";\nconst test = suite("case", 500);\n`;
      writeFileSync(join(folder, "case.test.ts"), head + body);
    }
    const { status, stdout } = spawnSync(process.execPath, ["tools/test.ts", folder, ...others], {
      encoding: "utf8",
    });
    return { code: status, lastLine: stdout.trimEnd().split("\n").at(-1) ?? "", output: stdout };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const passing = `test("works", () => {});\n`;
const rows: [title: string, body: string | undefined, lastLine: string, says: RegExp][] = [
  ["a passing test", `${passing}test.run();`, "1 passed, 0 failed", /ok/],
  [
    "a failing test",
    `test("t", () => { throw new Error("no") });\ntest.run();`,
    "0 passed, 1 failed",
    /no/,
  ],
  ["no test file", undefined, "0 passed, 1 failed", /No test file/],
  ["a forgotten run()", passing, "0 passed, 1 failed", /1 suites, but 0 calls/],
  [
    "a forgotten run() of a suite that another function makes",
    `const mySuite = suite;\nconst other = mySuite("other");\n${passing}test.run();`,
    "0 passed, 1 failed",
    /2 suites, but 1 calls/,
  ],
  ["a suite without tests", "test.run();", "0 passed, 1 failed", /no test ran/],
  [
    "a test left at .only",
    `test.only("t", () => {});\ntest.run();`,
    "0 passed, 1 failed",
    /\.only/,
  ],
  [
    "a before hook that throws",
    `test.before(() => { throw new Error("no database") });\n${passing}test.run();`,
    "0 passed, 1 failed",
    /no database/,
  ],
  [
    "a test that never ends",
    `test("t", () => new Promise((done) => setTimeout(done, 20_000)));\ntest.run();`,
    "0 passed, 1 failed",
    /longer than \d+ ms/,
  ],
  [
    "a file that does not compile",
    `${passing}test.run();\nconst = 1;`,
    "0 passed, 1 failed",
    /Syntax/,
  ],
];

for (const [title, body, lastLine, says] of rows) {
  test(`reports ${title}`, () => {
    const result = runTests(body);
    assert.is(result.lastLine, lastLine);
    assert.match(result.output, says);
    assert.is(result.code, lastLine.endsWith(" 0 failed") ? 0 : 1);
  });
}

test("reports a path without a test file beside one that has some", () => {
  const { lastLine, output, code } = runTests(`${passing}test.run();`, "test/mistyped.test.ts");
  assert.equal([lastLine, code], ["1 passed, 1 failed", 1]);
  assert.match(output, "No test file in: test/mistyped.test.ts");
});

test("names file, suite and test of a failure once more at its end", () => {
  const body = `test("adds up", () => { throw new Error("no") });\ntest.run();`;
  assert.match(
    runTests(body).output,
    /^FAIL test\/tools\/case-\w+\/case\.test\.ts > case > adds up$/m,
  );
});

test("ends what a test leaves behind, which would hold its output open", () => {
  const left = `import { spawn } from "node:child_process";
    test("t", () => { spawn("sleep", ["600"], { stdio: "inherit" }).unref(); });\n`;
  const { lastLine, code } = runTests(`${left}test.run();`);
  assert.equal([lastLine, code], ["1 passed, 0 failed", 0]);
});

test.run();
