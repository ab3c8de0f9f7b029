/**
 * Asks a server with a slow model for less than it can compute, for as much, and for twice as much,
 * and prints what became of the requests.
 *
 *   node tools/bench/overload/main.ts [--seconds 20] [--products 300]
 *
 * The model is that many products of a vector and a matrix, one after the other; a product takes
 * about 0.06 ms.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toolPath } from "../../cluster/programs/tools.ts";
import { onnx } from "../../support/onnx.ts";
import { serverProcess } from "../../support/server-process.ts";
import type { Outcome } from "./load.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    products: { type: "string", default: "300" },
  },
});
const seconds = Number(values.seconds);
const products = Number(values.products);
const width = 1024;

const folder = mkdtempSync(join(tmpdir(), "intendant-overload-"));
const path = join(folder, "slow.onnx");
writeFileSync(path, slowModel());
const headers = { "content-type": "application/json" };
const body = JSON.stringify({
  inputs: [
    {
      name: "x0",
      datatype: "FP32",
      shape: [1, width],
      data: Array.from({ length: width }, (_, index) => index % 7),
    },
  ],
});

const server = await serverProcess({ MODEL_PATH: path, DRAIN_SECONDS: "0" });
const { execution } = await server.logged("Serving");
const url = `${server.url}/v2/models/slow/infer`;
const capacity = await measuredCapacity();
console.log(
  `Execution: ${String(execution)}. Capacity, two clients without pause: ${capacity.toFixed(1)}/s`,
);
console.log(
  "| asked | answered | P50, ms | P95, ms | P95 ÷ unloaded | refused | P95 of those, ms |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
let unloaded: Outcome | undefined;
for (const share of [0.3, 0.9, 2, 4]) {
  const outcome = await asked(share * capacity);
  unloaded ??= outcome;
  console.log(row(share, outcome, unloaded.p95));
  if (outcome.failed + outcome.dropped > 0) {
    console.error(`${outcome.failed} failed, ${outcome.dropped} could not be sent`);
    process.exitCode = 1;
  }
}
server.kill("SIGTERM");
rmSync(folder, { recursive: true });

/** Requests per second that two clients get answered who never pause. */
async function measuredCapacity(): Promise<number> {
  const started = performance.now();
  const counts = await Promise.all([count(started + 5000), count(started + 5000)]);
  return (1000 * (counts[0] + counts[1])) / (performance.now() - started);
}

async function count(end: number): Promise<number> {
  let answers = 0;
  for (; performance.now() < end; answers++) {
    const answer = await fetch(url, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  }
  return answers;
}

async function asked(rate: number): Promise<Outcome> {
  const output = join(folder, "outcome.json");
  const script = join(import.meta.dirname, "load.ts");
  const child = spawn("k6", ["run", "--quiet", "--no-usage-report", "--no-color", script], {
    env: {
      PATH: toolPath(),
      HOME: folder,
      URL: url,
      BODY: body,
      RATE: String(Math.round(rate)),
      SECONDS: String(seconds),
      OUTPUT: output,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`k6 ended with ${code}`);
  return JSON.parse(readFileSync(output, "utf8")) as Outcome;
}

function row(share: number, outcome: Outcome, unloadedP95: number): string {
  const { answered, p50, p95, refused, refusedP95 } = outcome;
  const cells = [
    `${share} x capacity`,
    `${(answered / seconds).toFixed(1)}/s`,
    p50.toFixed(0),
    p95.toFixed(0),
    `${(p95 / unloadedP95).toFixed(1)} x`,
    `${(refused / seconds).toFixed(1)}/s`,
    refused === 0 ? "" : refusedP95.toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}

function slowModel(): Buffer {
  const shape = [1, width];
  return onnx({
    inputs: [{ name: "x0", type: "float", shape }],
    outputs: [{ name: `x${products}`, type: "float", shape }],
    nodes: Array.from({ length: products }, (_, index) => ({
      operator: "MatMul",
      inputs: [`x${index}`, "w"],
      outputs: [`x${index + 1}`],
    })),
    constants: {
      w: { shape: [width, width], data: new Float32Array(width * width).fill(1 / width) },
    },
  });
}
