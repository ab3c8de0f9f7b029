/**
 * Keeps a server busy with a million requests and fails when its memory grows, when files stay
 * open, or when an answer is wrong.
 *
 *   node tools/bench/soak/main.ts [--requests 1000000] [--connections 32]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { run } from "../../support/command.ts";
import { report, troubles } from "./report.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000000" },
    connections: { type: "string", default: "32" },
  },
});

const folder = mkdtempSync(join(tmpdir(), "intendant-soak-"));
await run(process.execPath, ["tools/bundle.ts", "server", folder]);
const server = spawn(process.execPath, imageArguments(), {
  cwd: folder,
  env: {
    ...imageEnvironment(),
    MODEL_PATH: resolve("model/intent-fr.onnx"),
    PORT: "0",
    OPS_PORT: "0",
    DRAIN_SECONDS: "0",
  },
  stdio: ["ignore", "pipe", "inherit"],
});
process.once("exit", () => server.kill("SIGKILL"));

const { port, opsPort } = await listening();
console.log(`Sending ${values.requests} requests over ${values.connections} connections`);
const outcome = await soak(
  { port, opsPort, model: "intent-fr" },
  { requests: Number(values.requests), connections: Number(values.connections), samples: 200 },
);
console.log(report(outcome));
server.kill("SIGTERM");
await once(server, "exit");
rmSync(folder, { recursive: true });
for (const trouble of troubles(outcome)) {
  console.error(trouble);
  process.exitCode = 1;
}

/** The server's ports, once it serves. */
async function listening(): Promise<{ port: number; opsPort: number }> {
  let ports = { port: 0, opsPort: 0 };
  for await (const line of createInterface(server.stdout)) {
    const said = JSON.parse(line) as { msg: string; port: number; opsPort: number };
    if (said.msg === "Listening") ports = said;
    if (said.msg.startsWith("Serving")) break;
  }
  if (ports.port === 0) throw new Error("The server ended before it served");
  server.stdout.resume();
  return ports;
}

/** How the image starts Node, so that memory is what it is in a pod. */
function imageArguments(): string[] {
  const command = /^CMD (\[.+\])$/m.exec(readFileSync("Dockerfile.server", "utf8"))?.[1];
  if (!command) throw new Error("Dockerfile.server has no CMD on one line");
  return JSON.parse(command) as string[];
}

/** What the image sets in the environment. */
function imageEnvironment(): Record<string, string> {
  const block = /^ENV (.+(?:\\\n.+)*)/m.exec(readFileSync("Dockerfile.server", "utf8"))?.[1] ?? "";
  const pairs = [...block.matchAll(/(\w+)=(\S+)/g)];
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value]));
}
