import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as assert from "uvu/assert";
import { suite } from "../../../support/suite.ts";
import { run } from "../../../../tools/support/command.ts";
import { goTools } from "../../../../tools/cluster/programs/go-tools.ts";
import { cache } from "../../../../tools/support/cache.ts";

const test = suite("Tools written in Go", 120_000);

const source = mkdtempSync(join(tmpdir(), "intendant-tool-"));
const name = basename(source);
const built = () => readdirSync(cache).filter((entry) => entry.startsWith(name));

writeFileSync(
  join(source, "go.mod"),
  "module example.com/tool\n\ngo 1.24\n\ntool example.com/tool\n",
);
writeFileSync(join(source, "go.sum"), "");

test.after(() => {
  for (const folder of [source, ...built().map((entry) => join(cache, entry))]) {
    rmSync(folder, { recursive: true });
  }
});

function says(word: string): void {
  writeFileSync(join(source, "main.go"), `package main\n\nfunc main() { println("${word}") }\n`);
}

test("are built once, and again when their source has changed", async () => {
  says("one");
  const first = await goTools(source);
  const { mtimeMs } = statSync(join(first, "tool"));
  assert.is(await goTools(source), first);
  assert.is(statSync(join(first, "tool")).mtimeMs, mtimeMs);
  await run(join(first, "tool"), []);
  says("two");
  assert.is.not(await goTools(source), first);
});

test("that cannot be built leave nothing that would count as built, and say why", async () => {
  writeFileSync(join(source, "main.go"), "package main\n\nfunc main() { nonsense }\n");
  const before = built().filter((entry) => !entry.endsWith(".unfinished"));
  await goTools(source).then(
    () => assert.unreachable("it was built"),
    (error: Error) => assert.match(error.message, "undefined: nonsense"),
  );
  assert.equal(
    built().filter((entry) => !entry.endsWith(".unfinished")),
    before,
  );
});

test.run();
