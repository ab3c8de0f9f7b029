import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { runGuide, script } from "../../../tools/generate/guide.ts";
import { suite } from "../../support/suite.ts";

const test = suite("The commands of a guide");

const guide = [
  "# A guide",
  "",
  "Text with `code`.",
  "",
  "## First",
  "",
  "```sh",
  "name=world # to be kept",
  "```",
  "",
  "```yaml",
  "no: command",
  "```",
  "",
  "## Second",
  "",
  "```sh",
  'echo "hello $name"',
  "cat <<'END'",
  "$name",
  "END",
  "```",
  "",
].join("\n");

async function ran(markdown: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-"));
  const file = join(folder, "guide.md");
  let printed = "";
  const print = (text: string) => (printed += text);
  try {
    writeFileSync(file, markdown);
    await runGuide(file, { env: process.env, print });
  } catch (error) {
    printed += (error as Error).message;
  } finally {
    rmSync(folder, { recursive: true });
  }
  return printed;
}

test("are what stands in its fences of sh, under their headings", () => {
  assert.is(
    script(guide),
    [
      "\n# First\nname=world # to be kept\n",
      "\n# Second\necho \"hello $name\"\ncat <<'END'\n$name\nEND\n",
    ].join(""),
  );
});

test("are shown and run in one shell", async () => {
  const printed = await ran(guide);
  assert.match(printed, 'echo "hello $name"');
  assert.match(printed, /^hello world$/m);
  assert.match(printed, /^\$name$/m);
});

for (const [what, commands] of [
  ["fails", "false"],
  ["fails within a pipe", "false | cat"],
  ["reads what nobody has set", 'echo "$nobody"'],
]) {
  test(`end with the first one that ${what}`, async () => {
    const printed = await ran(`\`\`\`sh\n${commands}\necho on\n\`\`\`\n`);
    assert.match(printed, /A command of .*guide.md failed \(1\)/);
    assert.not.match(printed, /^on$/m);
  });
}

test.run();
