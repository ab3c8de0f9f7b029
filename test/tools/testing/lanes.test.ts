import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { Durations, inLanes } from "../../../tools/testing/lanes.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Lanes of tests");
const folder = mkdtempSync(join(tmpdir(), "intendant-lanes-"));
const file = join(folder, "durations.json");

test.before.each(() => rmSync(file, { force: true }));
test.after(() => rmSync(folder, { recursive: true }));

test("work on as many items at once as there are lanes, and on each", async () => {
  let now = 0;
  const seen: [item: number, beside: number][] = [];
  await inLanes(2, [1, 2, 3, 4, 5], async (item) => {
    now += 1;
    seen.push([item, now]);
    await Promise.resolve();
    now -= 1;
  });
  assert.equal(
    seen.map(([item]) => item),
    [1, 2, 3, 4, 5],
  );
  assert.is(Math.max(...seen.map(([, beside]) => beside)), 2);
});

test("begin with what took longest the last time", () => {
  const noted = new Durations(file);
  const [short, long] = ["test/tools/testing/lanes.test.ts", "test/tools/testing/files.test.ts"];
  noted.note(short, 1);
  noted.note(long, 90);
  noted.save();
  assert.equal(new Durations(file).longestFirst([short, long]), [long, short]);
});

test("forget what is no longer there", () => {
  const noted = new Durations(file);
  noted.note("test/removed.test.ts", 5);
  noted.note("test/tools/testing/lanes.test.ts", 5);
  noted.save();
  const { known } = new Durations(file);
  assert.equal(known, ["test/tools/testing/lanes.test.ts"]);
});

test("begin in any order where nothing is known, or the note cannot be read", () => {
  writeFileSync(file, "{");
  const files = ["test/tools/testing/lanes.test.ts", "test/tools/testing/files.test.ts"];
  assert.equal(new Durations(file).longestFirst(files).toSorted(), files.toSorted());
});

test.run();
