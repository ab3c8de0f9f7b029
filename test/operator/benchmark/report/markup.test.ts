import * as assert from "uvu/assert";
import { markup } from "../../../../operator/src/benchmark/report/markup.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("markup");

const rows: [string, string][] = [
  ["<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
  [`" onload="x`, "&quot; onload=&quot;x"],
  ["it's & <b>", "it&#39;s &amp; &lt;b&gt;"],
  ["a\u0000b\u001b[31m\u0085", "a\uFFFDb\uFFFD[31m\uFFFD"],
  ["un hôtel à Lyon\n", "un hôtel à Lyon\n"],
];
for (const [text, escaped] of rows) {
  test(`writes ${JSON.stringify(text)} as ${JSON.stringify(escaped)}`, () => {
    assert.is(markup`<p title="${text}">${text}</p>`.text, `<p title="${escaped}">${escaped}</p>`);
  });
}

test("keeps markup within markup, and lists of it", () => {
  const items = ["a", "<b>"].map((item) => markup`<li>${item}</li>`);
  assert.is(markup`<ul>${items}</ul>`.text, "<ul><li>a</li><li>&lt;b&gt;</li></ul>");
});

test("writes zero, and nothing for what is not there", () => {
  assert.is(markup`${0}|${undefined}|${false}|${[]}`.text, "0|||");
});

test.run();
