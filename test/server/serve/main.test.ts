import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as assert from "uvu/assert";
import type { Environment } from "../../../server/src/process/environment.ts";
import { ask } from "../../support/ask.ts";
import type { LogLine } from "../../../tools/support/model-server.ts";
import { serverProcess } from "../../../tools/support/server-process.ts";
import type { Problem } from "../../../server/src/contract/problem.ts";
import { suite } from "../../support/suite.ts";

const test = suite("main", 30_000);
const model = { MODEL_PATH: "model/intent-fr.onnx", DRAIN_SECONDS: "0" };

/** Runs the server to its end. */
function run(environment: Environment) {
  const file = join(mkdtempSync(join(tmpdir(), "intendant-main-")), "termination");
  writeFileSync(file, "");
  const { status, stdout } = spawnSync(process.execPath, ["server/src/serve/main.ts"], {
    env: { TERMINATION_LOG: file, ...environment },
    encoding: "utf8",
    timeout: 20_000,
  });
  const log = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LogLine);
  const problem = JSON.parse(readFileSync(file, "utf8")) as Problem;
  rmSync(dirname(file), { recursive: true });
  return { status, log: log.map(({ level, msg }) => [level, msg]), problem };
}

test("a setting that cannot be used ends the process with one sentence", () => {
  const { status, log, problem } = run({ ...model, PORT: "http" });
  assert.is(status, 1);
  const message = 'PORT is "http"; write a whole number from 0 to 65535';
  assert.equal(log, [["fatal", message]]);
  assert.equal(problem, { reason: "InvalidSettings", message });
});

test("a port that is taken ends the process with one sentence", async () => {
  const other = createServer().listen(0);
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { status, log, problem } = run({ ...model, PORT: String(port), OPS_PORT: "0" });
  assert.is(status, 1);
  assert.is(log.length, 1);
  assert.match(String(log[0]), `Could not listen on port ${port}: `);
  assert.match(String(log[0]), "choose another port");
  assert.equal([problem.reason, problem.message], ["StartFailed", log[0]?.[1]]);
  other.close();
});

test("says where the docs are, and nothing about single requests", async () => {
  const server = await serverProcess(model);
  const { docs } = await server.logged('Serving the model "intent-fr"');
  assert.is(docs, `${server.url}/api/docs`);
  for (const path of ["/api/intent?sentence=bonjour", "/api/intent", "/nowhere"]) {
    await ask(`${server.url}${path}`);
  }
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
  assert.equal(
    server.log.map(({ msg }) => msg),
    [
      "Listening",
      'Serving the model "intent-fr"',
      "Received SIGTERM; serving for 0 more seconds",
      "Shut down; every request was answered",
    ],
  );
});

test("tells each request at the level debug", async () => {
  const server = await serverProcess({ ...model, LOG_LEVEL: "debug" });
  await server.logged("Serving");
  await ask(`${server.url}/api/intent?sentence=secret`);
  const line = await server.logged("Answered a request");
  assert.is(line["path"], "/api/intent");
  assert.is(line["code"], 200);
  assert.not.match(JSON.stringify(server.log), "secret");
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
});

const unusable: [what: string, environment: Environment, reason: RegExp][] = [
  ["a missing file", { MODEL_PATH: "nowhere.onnx" }, /there is no such file$/],
  ["a directory", { MODEL_PATH: "model" }, /illegal operation on a directory/],
  // The addresses at its beginning belong to nobody, so not even root can read them.
  ["an unreadable file", { MODEL_PATH: "/proc/self/mem", MODEL_NAME: "mem" }, /i\/o error/],
  ["an empty file", { MODEL_PATH: "/dev/null" }, /is not a model that ONNX Runtime loads/],
  ["another kind of file", { MODEL_PATH: "README.md" }, /is not a model that ONNX Runtime loads/],
  ["another digest", { MODEL_SHA256: "ab".repeat(32) }, /, expected (ab){32}$/],
];

for (const [what, environment, reason] of unusable) {
  test(`${what} as the model: the process stays, says why in one line, and ends with 0`, async () => {
    const server = await serverProcess({ ...model, ...environment });
    await server.logged("Could not load the model");
    const { status, body } = await ask(`${server.ops}/readyz`);
    assert.is(status, 503);
    assert.match((body as Problem).message, reason);
    server.kill("SIGTERM");
    assert.is(await server.ended, 0);
    assert.equal(
      server.log.map(({ level, msg }) => [level, msg.replace(/; check MODEL_\w+$/, "")]),
      [
        ["info", "Listening"],
        ["error", "Could not load the model"],
        ["info", "Received SIGTERM; serving for 0 more seconds"],
        ["info", "Shut down; every request was answered"],
      ],
    );
  });
}

test.run();
