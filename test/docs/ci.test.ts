import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { reportKey } from "../../operator/src/resources/report.ts";
import { suite } from "../support/suite.ts";

const test = suite("The guide for pipelines", 30_000);

const guide = readFileSync("docs/guides/ci.md", "utf8");

/** The code in fences of a language. */
function blocks(language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms");
  return [...guide.matchAll(fence)].map(([, code = ""]) => code);
}

test("has commands that a shell can read", () => {
  assert.ok(blocks("sh").length >= 6);
  for (const code of blocks("sh")) {
    const { status, stderr } = spawnSync("sh", ["-n"], { input: code, encoding: "utf8" });
    assert.is(status, 0, `${stderr}\n${code}`);
  }
});

interface Pipelines {
  jobs?: { serve: { steps: { run?: string }[] } };
  serve?: { script: string[]; after_script: string[] };
}

test("has pipelines of the commands that it explains", () => {
  const pipelines = blocks("yaml").map((code) => parse(code) as Pipelines);
  const github = pipelines.flatMap(
    ({ jobs }) => jobs?.serve.steps.map(({ run }) => run ?? "") ?? [],
  );
  const gitlab = pipelines.flatMap(({ serve }) => [
    ...(serve?.script ?? []),
    ...(serve?.after_script ?? []),
  ]);
  const explained = blocks("sh").join("");
  for (const commands of [github, gitlab]) {
    const lines = commands
      .join("\n")
      .split("\n")
      .filter((line) => /kubectl|gate\.sh/.test(line));
    assert.is(lines.length, 5);
    for (const line of lines) assert.ok(explained.includes(line.trim()), line);
  }
});

test("names each exit code of gate.sh", () => {
  const script = readFileSync("docs/guides/gate.sh", "utf8");
  const codes = [...script.matchAll(/(?:code=|exit )(\d)/g)].map(([, code]) => code);
  const named = [...guide.matchAll(/^\| (\d) +\| (?!the condition|it did not)/gm)].map(
    ([, code]) => code,
  );
  assert.equal(
    codes
      .filter((code, index) => codes.indexOf(code) === index)
      .sort((a, b) => Number(a) - Number(b)),
    named,
  );
});

test("takes the report from where the operator puts it", () => {
  assert.ok(guide.includes(`{{index .data "${reportKey}"}}`));
});

test.run();
