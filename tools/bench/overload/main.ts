/**
 * Asks a server with a slow model for less than it can compute, for as much, and for twice and four
 * times as much, and prints what became of the requests.
 *
 *   node tools/bench/overload/main.ts [--seconds 20] [--products 300]
 *   node tools/bench/overload/main.ts --quick
 *
 * The model is that many products of a vector and a matrix, one after the other; a product takes
 * about 0.06 ms.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { slow } from "../../support/models.ts";
import type { ServerProcess } from "../../support/server-process.ts";
import { wholeNumber } from "../lib/command-line.ts";
import { runK6 } from "../lib/k6.ts";
import { table } from "../lib/markdown.ts";
import { startServer } from "../lib/shipped-server.ts";
import type { Outcome } from "./load.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    products: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const seconds = wholeNumber("seconds", values.seconds, values.quick ? 3 : 20);
const products = wholeNumber("products", values.products, 300);
const width = 1024;
/** How much is asked, as parts of what the server can compute; the first one is no load. */
const shares = [0.3, 0.9, 2, 4];
/** How long two clients try what the server can compute. */
const capacitySeconds = values.quick ? 1 : 5;

const headers = { "content-type": "application/json" };
const data = Array.from({ length: width }, (_, index) => index % 7);
const input = { name: "x0", datatype: "FP32", shape: [1, width], data };
const body = JSON.stringify({ inputs: [input] });

const folder = mkdtempSync(join(tmpdir(), "intendant-overload-"));
const model = join(folder, "slow.onnx");
writeFileSync(model, slow(products, width));
const server = await startServer({ MODEL_PATH: model });
try {
  await measure(server);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}

async function measure({ url, log }: ServerProcess): Promise<void> {
  const address = `${url}/v2/models/slow/infer`;
  const execution = log.find(({ msg }) => msg.includes("Serving"))?.["execution"];
  const capacity = await measuredCapacity(address);
  console.log(
    `Execution: ${String(execution)}. Capacity, two clients without pause: ${capacity.toFixed(1)}/s\n`,
  );
  const outcomes: Outcome[] = [];
  for (const share of shares) outcomes.push(await generate(address, share * capacity));
  const unloaded = outcomes[0]?.p95 ?? NaN;
  const rows = outcomes.map((outcome, index) => row(shares[index] as number, outcome, unloaded));
  const head = ["asked", "answered", "P50, ms", "P95, ms", "P95 ÷ unloaded", "refused"];
  console.log(table([...head, "P95 of those, ms"], rows));
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  const dropped = outcomes.reduce((sum, outcome) => sum + outcome.dropped, 0);
  if (failed + dropped === 0) return;
  console.error(`${failed} requests failed, ${dropped} could not be sent`);
  process.exitCode = 1;
}

/** Requests per second that the server answers to two clients that never pause. */
async function measuredCapacity(address: string): Promise<number> {
  const started = performance.now();
  const end = started + 1000 * capacitySeconds;
  const counts = await Promise.all([count(address, end), count(address, end)]);
  return (1000 * (counts[0] + counts[1])) / (performance.now() - started);
}

async function count(address: string, end: number): Promise<number> {
  let answers = 0;
  for (; performance.now() < end; answers++) {
    const answer = await fetch(address, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  }
  return answers;
}

async function generate(address: string, rate: number): Promise<Outcome> {
  const { outcome } = await runK6({
    file: join(import.meta.dirname, "load.ts"),
    environment: {
      URL: address,
      BODY: body,
      RATE: String(Math.max(1, Math.round(rate))),
      SECONDS: String(seconds),
    },
    folder,
  });
  return outcome as Outcome;
}

function row(share: number, outcome: Outcome, unloadedP95: number): string[] {
  const { answered, p50, p95, refused, refusedP95 } = outcome;
  return [
    `${share} x capacity`,
    `${(answered / seconds).toFixed(1)}/s`,
    p50.toFixed(0),
    p95.toFixed(0),
    `${(p95 / unloadedP95).toFixed(1)} x`,
    `${(refused / seconds).toFixed(1)}/s`,
    refused === 0 ? "" : refusedP95.toFixed(1),
  ];
}
