import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { only, rendered } from "./helm.ts";

const test = suite("helm test of a measurement", 30_000);

const account = mkdtempSync(join(tmpdir(), "intendant-account-"));
writeFileSync(join(account, "token"), "secret");
test.after(() => rmSync(account, { recursive: true }));

const [container] = only("Pod", rendered(), "intendant-test-benchmark").spec.containers;

/** Runs the container's own arguments against an API server on the loopback. */
async function looked(answer: RequestListener, seconds: string) {
  const subject = container.args.slice(-3, -1);
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = [...container.args.slice(0, -5), address, account, ...subject, seconds];
  const child = spawn(process.execPath, args, { env: {}, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  server.closeAllConnections();
  server.close();
  return { code, output };
}

const told = (type: string, status: string, message: string) => ({ type, status, message });
const measured = {
  benchmark: { p95: "3.1ms" },
  conditions: [
    told("Benchmarked", "True", "P95 3.1ms over 102 requests"),
    told("WithinSLO", "False", "P95 3.1ms is more than 1ms"),
  ],
  history: [{ outcome: "Valid" }],
};
const queued = { conditions: [told("Benchmarked", "False", "another model is being measured")] };
const spoilt = {
  conditions: [told("Benchmarked", "False", "the generator was throttled")],
  history: [{ outcome: "GeneratorThrottled" }],
};

/** An API server that gives one status after the other, and the last one for ever. */
function statuses(...all: object[]): RequestListener {
  let asked = 0;
  return (_request, response) => {
    const status = all[Math.min(asked, all.length - 1)];
    asked += 1;
    response.end(JSON.stringify({ status }));
  };
}

test("reads the model that is tested, as the service account", async () => {
  const seen: unknown[] = [];
  const { code, output } = await looked((request, response) => {
    seen.push([request.url, request.headers.authorization]);
    statuses(measured)(request, response);
  }, "5");
  assert.is(code, 0, output);
  const path = "/apis/intendant.dev/v1alpha1/namespaces/intendant-system/modeldeployments";
  assert.equal(seen, [[`${path}/intendant-test`, "Bearer secret"]]);
});

test("prints the figure and whether it keeps the promise, which it need not", async () => {
  const { code, output } = await looked(statuses(measured), "5");
  assert.is(code, 0, output);
  assert.match(output, "was measured: P95 3.1ms over 102 requests");
  assert.match(output, "WithinSLO is False: P95 3.1ms is more than 1ms");
  assert.match(output, '{"p95":"3.1ms"}');
});

test("waits while others are measured, and while there is no status yet", async () => {
  const { code, output } = await looked(statuses({}, queued, measured), "20");
  assert.is(code, 0, output);
});

test("fails at once when the measurement had no figure, with the reason", async () => {
  const { code, output } = await looked(statuses(spoilt), "60");
  assert.is(code, 1);
  assert.match(output, "intendant-test has no figure: the generator was throttled");
});

test("fails in the end when nothing was measured, with the reason", async () => {
  const { code, output } = await looked(statuses(queued), "0");
  assert.is(code, 1);
  assert.match(output, "not measured within 0 s; in the end: another model is being measured");
});

test("fails with the API server's own words", async () => {
  const refuse: RequestListener = (_request, response) =>
    response.writeHead(403).end("modeldeployments is forbidden");
  const { code, output } = await looked(refuse, "0");
  assert.is(code, 1);
  assert.match(output, "status 403: modeldeployments is forbidden");
});

test.run();
