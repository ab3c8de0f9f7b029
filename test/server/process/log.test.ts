import { spawnSync } from "node:child_process";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";

const test = suite("log", 30_000);

const logs = { server: "server/src/process/log.ts", operator: "operator/src/telemetry/log.ts" };

for (const [part, file] of Object.entries(logs)) {
  test(`a line of the ${part} is written at once, so that none is lost at the end`, () => {
    const script = `
      import { pbkdf2 } from "node:crypto";
      import { createLog } from "./${file}";
      // So that no thread of the pool is free to write.
      pbkdf2("", "", 3_000_000, 64, "sha512", () => {});
      createLog("info").info("The last line");
      process.kill(process.pid, "SIGKILL");
    `;
    const { stdout, signal } = spawnSync(
      process.execPath,
      ["--input-type=module", "--eval", script],
      { env: { UV_THREADPOOL_SIZE: "1" }, encoding: "utf8" },
    );
    assert.is(signal, "SIGKILL");
    assert.match(stdout, '"msg":"The last line"');
  });
}

test.run();
