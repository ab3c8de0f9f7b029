import { spawn, spawnSync } from "node:child_process";
import { on, once } from "node:events";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";

const test = suite("make dev", 60_000);

test("starts the server from its sources, and ends with it", async () => {
  const env = { ...process.env, PORT: "0", OPS_PORT: "0" };
  const child = spawn(process.execPath, ["tools/dev.ts", "server"], { env });
  const ended = once(child, "exit");
  try {
    let output = "";
    for await (const [chunk] of on(child.stdout, "data", { close: ["end"] })) {
      output += chunk;
      if (output.includes("/api/docs")) break;
    }
    assert.match(output, "/api/docs");
  } finally {
    child.kill("SIGTERM");
  }
  await ended;
});

test("names the programs that it can start", () => {
  const { status, stderr } = spawnSync(process.execPath, ["tools/dev.ts", "cluster"], {
    encoding: "utf8",
  });
  assert.is(status, 1);
  assert.match(stderr, "node tools/dev.ts operator|server");
});

test.run();
