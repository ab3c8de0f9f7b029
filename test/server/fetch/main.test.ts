import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Environment } from "../../../server/src/process/environment.ts";
import { exitCodes, type Reason } from "../../../server/src/contract/fetch.ts";
import type { Problem } from "../../../server/src/contract/problem.ts";
import { suite } from "../../support/suite.ts";
import { answers, fileServer, serves, type Behaviour } from "./file-server.ts";

const test = suite("fetch as a process", 30_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-fetch-"));
const certificate = join(folder, "tls.crt");
const file = readFileSync("model/intent-fr.onnx");
const sha256 = createHash("sha256").update(file).digest("hex");

test.before(() => {
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const output = ["-keyout", join(folder, "tls.key"), "-out", certificate];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...key, "-days", "1", ...subject, ...output], {
    stdio: "ignore",
  });
});

test.after(() => rmSync(folder, { recursive: true }));

/** Runs the process to its end; what it left, and with which code it ended. */
async function run(environment: Environment) {
  const path = join(mkdtempSync(join(folder, "pod-")), "model.onnx");
  const log = `${path}.message`;
  const env = {
    MODEL_PATH: path,
    MODEL_SHA256: sha256,
    MODEL_MAX_BYTES: "1000000",
    TERMINATION_LOG: log,
    ...environment,
  };
  writeFileSync(log, "");
  const code = await new Promise<unknown>((resolve) => {
    execFile(process.execPath, ["server/src/fetch/main.ts"], { env }, (error) =>
      resolve(error ? error.code : 0),
    );
  });
  const message = readFileSync(log, "utf8");
  return { code, message, isThere: existsSync(path) };
}

const parseProblem = (message: string) => JSON.parse(message) as Problem;

/** A server with a certificate that nobody has vouched for. */
async function secureServer(behave: Behaviour): Promise<Server & { url: string }> {
  const key = readFileSync(join(folder, "tls.key"));
  const server = createServer({ key, cert: readFileSync(certificate) }, behave);
  server.on("tlsClientError", () => {});
  server.listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return Object.assign(server, { url: `https://localhost:${port}/model.onnx` });
}

test("leaves one line of JSON when the file is there", async () => {
  const server = await fileServer(serves(file));
  const { code, message, isThere } = await run({ MODEL_URL: server.url });
  server.close();
  assert.equal([code, isThere], [0, true]);
  const { seconds, ...rest } = JSON.parse(message);
  assert.equal(rest, { bytes: file.length, sha256 });
  assert.type(seconds, "number");
});

const failures: [title: string, environment: Environment, code: number, message: RegExp][] = [
  ["a file that does not exist", {}, 21, /^There is no file .*; correct the path/],
  [
    "another digest",
    { MODEL_PATH: "README.md" },
    22,
    /^The SHA-256 of the model is [0-9a-f]{64}, expected [0-9a-f]{64}$/,
  ],
  ["a setting that cannot be used", { MODEL_URL: "ftp://a" }, 20, /^MODEL_URL is not an address/],
  ["no size", { MODEL_URL: "http://a", MODEL_MAX_BYTES: "" }, 20, /^MODEL_MAX_BYTES is ""/],
  ["no digest", { MODEL_SHA256: "" }, 20, /^MODEL_SHA256 is not set; write 64/],
  ["half a digest", { MODEL_SHA256: "ab" }, 20, /^MODEL_SHA256 is "ab"; write 64/],
  [
    "a header that cannot be sent",
    {
      MODEL_URL: "http://a",
      MODEL_HEADER_NAME: "Authorization",
      MODEL_HEADER_VALUE: "Bearer\nhidden",
    },
    20,
    /^The value of the header Authorization is empty or has characters/,
  ],
];
for (const [title, environment, code, message] of failures) {
  test(`ends with ${code} and one sentence for ${title}`, async () => {
    const ended = await run(environment);
    assert.is(ended.code, code, ended.message);
    const problem = parseProblem(ended.message);
    assert.match(problem.message, message);
    assert.is(exitCodes[problem.reason as Reason], code);
    assert.not.match(ended.message, /\\n|hidden/);
  });
}

test("trusts no certificate that nobody has vouched for, and does not try again", async () => {
  const server = await secureServer(serves(file));
  const { code, message, isThere } = await run({ MODEL_URL: server.url });
  assert.equal([code, isThere], [20, false]);
  assert.match(
    parseProblem(message).message,
    /^The certificate of https:\/\/localhost:\d+ is not trusted: /,
  );
  assert.match(message, "NODE_EXTRA_CA_CERTS");
  const trusting = await run({ MODEL_URL: server.url, NODE_EXTRA_CA_CERTS: certificate });
  server.close();
  assert.equal([trusting.code, trusting.isThere], [0, true], trusting.message);
});

test("goes through a proxy where Node is told to", async () => {
  const proxy = await fileServer(serves(file));
  const proxied = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: new URL(proxy.url).origin };
  const { code, message } = await run({ MODEL_URL: "http://models.invalid/a.onnx", ...proxied });
  proxy.close();
  assert.is(code, 0, message);
});

test("never goes from HTTPS to HTTP", async () => {
  const plain = await fileServer(serves(file));
  const server = await secureServer(answers(302, { Location: plain.url }));
  const trusting = { MODEL_URL: server.url, NODE_EXTRA_CA_CERTS: certificate };
  const { code, message } = await run(trusting);
  server.close();
  plain.close();
  assert.is(code, 20);
  assert.match(message, "redirects from https to http");
  assert.is(plain.requests.length, 0);
});

test.run();
