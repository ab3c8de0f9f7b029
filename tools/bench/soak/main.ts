/**
 * Keeps a server busy with a million requests and fails when its memory grows, when files stay
 * open, or when an answer is wrong.
 *
 *   node tools/bench/soak/main.ts [--requests 1000000] [--connections 32]
 *   node tools/bench/soak/main.ts --quick
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { wholeNumber } from "../lib/command-line.ts";
import { bundleServer, startShipped } from "../lib/shipped-server.ts";
import { problems, report } from "./report.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string" },
    connections: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const requests = wholeNumber("requests", values.requests, values.quick ? 20_000 : 1_000_000);
const connections = wholeNumber("connections", values.connections, 32);

const folder = mkdtempSync(join(tmpdir(), "intendant-soak-"));
await bundleServer(folder);
const server = await startShipped(folder);
const [port, opsPort] = [server.url, server.ops].map((url) => Number(new URL(url).port));
console.log(`Sending ${requests} requests over ${connections} connections`);
const outcome = await soak(
  { port: port as number, opsPort: opsPort as number, model: "intent-fr" },
  { requests, connections, samples: 200 },
);
console.log(report(outcome));
await server.stop();
rmSync(folder, { recursive: true });
// The first ten thousands of requests say nothing about memory: the server is only warming up.
for (const problem of problems(outcome, { isWarm: !values.quick })) {
  console.error(problem);
  process.exitCode = 1;
}
