import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as assert from "uvu/assert";
import { report, type ReportInput } from "../../../../operator/src/benchmark/report/report.ts";
import { chromium, type Chromium, type Tab } from "../../../support/chromium.ts";
import { suite } from "../../../support/suite.ts";
import { capacity, invalid, killed, met, rate } from "./inputs.ts";

const test = suite("report in a browser", 60_000);
let browser: Chromium;
let folder: string;

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "intendant-report-"));
  browser = await chromium();
});

test.after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function show(name: string, input: ReportInput): Promise<Tab> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, report(input));
  const tab = await browser.open(pathToFileURL(file).href);
  await tab.until(`document.readyState === "complete" && document.querySelector("main") !== null`);
  return tab;
}

const long: ReportInput = {
  ...rate,
  subject: {
    ...rate.subject,
    name: "a-name-of-forty-letters-which-is-the-most",
    namespace: "n".repeat(63),
    image: `registry.example:5000/${"very/".repeat(20)}long@sha256:${"0".repeat(64)}`,
  },
  verdict: { invalid: { reason: "GeneratorFailed", message: "x".repeat(250) } },
};

/** What sticks out of the page, of its card, or of its picture. */
const sticksOut = `[
  ...(document.documentElement.scrollWidth > innerWidth ? ["the page"] : []),
  ...[...document.querySelectorAll("svg text, svg rect, svg polyline, svg line")]
    .filter((shape) => {
      const [inner, outer] = [shape, shape.ownerSVGElement].map((it) => it.getBoundingClientRect());
      return inner.left < outer.left - 0.5 || inner.right > outer.right + 0.5 ||
        inner.top < outer.top - 0.5 || inner.bottom > outer.bottom + 0.5;
    }),
  ...[...document.querySelectorAll("section, .tiles div, figure, dd, header")]
    .filter((box) => box.scrollWidth > box.clientWidth + 1),
].map((found) => (found.outerHTML ?? found).slice(0, 200))`;

/** Labels of a picture that lie upon each other. */
const collisions = `[...document.querySelectorAll("svg")].flatMap((picture) => {
  const texts = [...picture.querySelectorAll(".tick, .axis-title, .key, .note")];
  const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], index) => boxes.slice(index + 1)
    .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
      Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
    .map(([other]) => one + " | " + other));
})`;

for (const [name, input] of Object.entries({ rate, met, capacity, invalid, killed, long })) {
  test(`shows ${name} on every width without anything that sticks out`, async () => {
    const tab = await show(name, input);
    for (const width of [360, 794, 1180, 1920]) {
      await tab.screenshot(width, 900);
      assert.equal(await tab.evaluate(sticksOut), [], `${name} at ${width}`);
      assert.equal(await tab.evaluate(collisions), [], `${name} at ${width}`);
    }
    assert.equal(tab.complaints, []);
    assert.equal(
      tab.requests.filter((request) => !request.startsWith("file:")),
      [],
    );
  });
}

/** The contrast of text with what is behind it, as WCAG 2.2 defines it; the smallest on the page. */
const contrast = `(() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return /, 0\\)$/.test(color) && element.parentElement ? behind(element.parentElement) : color;
  };
  const found = [...document.querySelectorAll("h1, p, dt, dd, td, th, strong, svg text:not(.inside)")]
    .map((element) => {
      const style = getComputedStyle(element);
      const ink = luminance(element.ownerSVGElement ? style.fill : style.color);
      const paper = luminance(behind(element));
      const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      return [ratio, element.outerHTML];
    });
  return found.sort(([one], [other]) => one - other)[0];
})()`;

for (const scheme of ["light", "dark", "print"] as const) {
  test(`can be read ${scheme === "print" ? "on paper" : `in a ${scheme} system`}`, async () => {
    for (const [name, input] of Object.entries({ rate, met, capacity, invalid })) {
      const tab = await show(name, input);
      await tab.appear(scheme);
      const page = String(await tab.evaluate("getComputedStyle(document.body).backgroundColor"));
      assert.is(page === "rgb(14, 17, 22)", scheme === "dark");
      const [ratio, element] = (await tab.evaluate(contrast)) as [number, string];
      assert.ok(ratio >= 4.5, `${ratio.toFixed(2)}: ${element}`);
      assert.equal(await tab.evaluate(sticksOut), []);
    }
  });
}

test.run();
