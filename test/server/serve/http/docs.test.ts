import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { ask } from "../../../support/ask.ts";
import { chromium, type Chromium, type Tab } from "../../../support/chromium.ts";
import { withServer, type ModelServer } from "../../../../tools/support/model-server.ts";
import { sumAndDifference } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("docs", 60_000);
const french = readFileSync("model/intent-fr.onnx");
let browser: Chromium;

test.before(async () => {
  browser = await chromium();
});

test.after(() => browser?.close());

/** Opens the docs and waits until Swagger UI has drawn something to open. */
async function docsOf({ url }: ModelServer): Promise<Tab> {
  const tab = await browser.open(`${url}/api/docs`);
  await tab.until(`document.querySelectorAll(".opblock").length > 0`);
  return tab;
}

/** Fails when the page asked another server for something or complained about anything. */
function assertContent(tab: Tab, { url }: ModelServer): void {
  assert.equal(tab.complaints, []);
  const outside = tab.requests.filter(
    (request) => !/^(data|blob):/.test(request) && !request.startsWith(`${url}/`),
  );
  assert.equal(outside, []);
  assert.ok(tab.requests.includes(`${url}/openapi.json`), tab.requests.join(" "));
}

/** Opens an operation, runs it with its example and returns what the page shows as its answer. */
async function tryOut(tab: Tab, operation: string): Promise<{ status: unknown; body: unknown }> {
  const block = `document.querySelector("[id$='-${operation}']")`;
  const answer = `${block}.querySelector(".live-responses-table")`;
  await tab.evaluate(`${block}.querySelector(".opblock-summary-control").click()`);
  await tab.until(`${block}.querySelector(".execute") !== null`);
  // The button does nothing until the page has put the example into its form.
  await tab.until(`${block}.querySelector(".execute").click() ?? ${answer} !== null`);
  return {
    status: await tab.evaluate(
      `${answer}.querySelector("tbody .response-col_status").innerText.trim()`,
    ),
    body: await tab.evaluate(
      `${answer}.querySelector("tbody .response-col_description pre").innerText`,
    ),
  };
}

const operations = `[...document.querySelectorAll(".opblock")].map((block) =>
  block.querySelector(".opblock-summary-method").innerText + " " +
  block.querySelector(".opblock-summary-path").innerText.replaceAll("\\u200b", ""))`;

test("show every operation of an intent classifier, from this server alone", async () => {
  await withServer(french, async (server) => {
    const tab = await docsOf(server);
    assert.equal(await tab.evaluate(operations), [
      "GET /api/intent",
      "GET /api/intent-supported-languages",
      "GET /v2",
      "GET /v2/models/test",
      "GET /v2/models/test/ready",
      "POST /v2/models/test/infer",
      "GET /api/health",
      "GET /v2/health/live",
      "GET /v2/health/ready",
    ]);
    assert.is(await tab.evaluate("document.title"), "test");
    assertContent(tab, server);
  });
});

test("ask what a sentence wants, and run the model, with their examples", async () => {
  await withServer(french, async (server) => {
    const tab = await docsOf(server);
    const intent = await tryOut(tab, "intent");
    assert.is(intent.status, "200");
    assert.match(String(intent.body), /"intent": "find-restaurant",\s+"probability": 0\./);
    const infer = await tryOut(tab, "infer");
    assert.is(infer.status, "200");
    assert.match(String(infer.body), '"find-restaurant"');
    assertContent(tab, server);
  });
});

test("show the operations of any other model", async () => {
  await withServer(sumAndDifference(), async (server) => {
    const tab = await docsOf(server);
    assert.equal(await tab.evaluate(operations), [
      "GET /v2",
      "GET /v2/models/test",
      "GET /v2/models/test/ready",
      "POST /v2/models/test/infer",
      "GET /api/health",
      "GET /v2/health/live",
      "GET /v2/health/ready",
    ]);
    assert.is((await tryOut(tab, "infer")).status, "200");
    assertContent(tab, server);
  });
});

test("an address with a slash at its end leads to the page", async () => {
  await withServer(french, async (server) => {
    const tab = await browser.open(`${server.url}/api/docs/`);
    await tab.until(`document.querySelectorAll(".opblock").length > 0`);
    assertContent(tab, server);
  });
});

test("the page may load and run nothing but this server's files", async () => {
  await withServer(french, async ({ url }) => {
    const { headers, type, body } = await ask(`${url}/api/docs`);
    assert.is(type, "text/html; charset=utf-8");
    const policy = headers.get("Content-Security-Policy") ?? "";
    assert.match(policy, "default-src 'none'; script-src 'self'; style-src 'self';");
    assert.not.match(policy, "unsafe");
    assert.not.match(String(body), /<script>|<style>|https?:\/\//);
    for (const file of ["other.js", "..%2Fpackage.json", "__proto__", "constructor"]) {
      assert.is((await ask(`${url}/api/docs/${file}`)).status, 404, file);
    }
  });
});

test.run();
