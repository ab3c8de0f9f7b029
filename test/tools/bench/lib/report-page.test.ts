import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { withReport, writeReport } from "../../../../tools/bench/lib/report-page.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("report page");

const place = (target: string, text: string) =>
  `<!-- series: written by make ${target} -->\n\n${text}\n\n<!-- end of series -->\n`;
const page = (text: string) =>
  `above\n${place("bench-server", "one")}${place("bench-truth", text)}${place("bench-other", "three")}below\n`;

test("a report takes the place of the one that its target wrote, and nothing else", () => {
  assert.is(withReport(page("two"), "new", "bench-truth"), page("new"));
});

test("the same report again changes nothing", () => {
  assert.is(withReport(page("two"), "two", "bench-truth"), page("two"));
});

test("a page without a place for the report is refused with the marks that it lacks", () => {
  const missing = '<!-- series: written by make bench-truth -->" and "<!-- end of series -->';
  assert.throws(() => withReport("# Benchmarks", "new", "bench-truth"), new RegExp(missing));
});

test("lines of a report are filled where the page wants it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "intendant-page-"));
  const file = join(folder, "README.md");
  const words = Array.from({ length: 40 }, () => "word");
  try {
    for (const [isWrapped, lines] of [
      [true, 2],
      [false, 1],
    ] as const) {
      writeFileSync(file, place("bench-truth", "old"));
      await writeReport(words.join(" "), { page: file, target: "bench-truth", isWrapped });
      const text = readFileSync(file, "utf8");
      assert.is(text.split("\n").filter((line) => line.startsWith("word")).length, lines);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
