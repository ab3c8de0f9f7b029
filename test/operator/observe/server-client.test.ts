import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as assert from "uvu/assert";
import { ServerClient, type Introspection } from "../../../operator/src/observe/server-client.ts";
import { suite } from "../../support/suite.ts";

const test = suite("introspection");

const said = {
  name: "intent-fr",
  sha256: "ab".repeat(32),
  sizeBytes: 1000,
  inputs: [{ name: "sentence", datatype: "BYTES", shape: [-1, 1], more: true }],
  outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 8] }],
  opset: 17,
  labels: ["yes", "no"],
  loadSeconds: 0.1,
  warmUpSeconds: 0.02,
  memory: { atRest: 100e6, resident: 120e6, peak: 130e6 },
  node: { cpu: "AMD EPYC 7763", more: true },
};
const { sha256, outputs } = said;
const inputs = [{ name: "sentence", datatype: "BYTES", shape: [-1, 1] }];

/** Asks a pod that answers every path in this way. */
async function asked<T>(
  answer: (response: ServerResponse, path: string) => void,
  question: (introspection: Introspection) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => answer(response, request.url ?? ""));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await question(new ServerClient({ port, timeout: 200 }));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const model = (introspection: Introspection) => introspection.model("127.0.0.1");
const unready = (introspection: Introspection) => introspection.unready("127.0.0.1");

test("learns what a server says about its model", async () => {
  const answer = await asked((response, path) => {
    response.end(path === "/model" ? JSON.stringify(said) : "");
  }, model);
  const { sizeBytes, opset, labels, loadSeconds, warmUpSeconds } = said;
  assert.equal(answer, {
    sha256,
    inputs,
    outputs,
    sizeBytes,
    opset,
    labels,
    loadSeconds,
    warmUpSeconds,
    memory: { atRest: 100e6, peak: 130e6 },
    node: { cpu: "AMD EPYC 7763" },
  });
});

const silent: [title: string, answer: (response: ServerResponse) => void][] = [
  ["has no model yet", (response) => response.writeHead(503).end("The model is being loaded")],
  ["never answers", () => {}],
  ["breaks off", (response) => response.destroy()],
  ["sends one elsewhere", (response) => response.writeHead(302, { location: "/" }).end()],
  ["never stops talking", (response) => response.end("x".repeat(300_000))],
  ["says something else", (response) => response.end("<html>")],
];
for (const [title, answer] of silent) {
  test(`learns nothing from a pod that ${title}`, async () => {
    assert.is(await asked(answer, model), undefined);
  });
}

const counted: [title: string, status: number, body: string, expected: unknown][] = [
  [
    "what was counted",
    200,
    '{"requests": 12, "uptimeSeconds": 3.5}',
    { requests: 12, uptimeSeconds: 3.5 },
  ],
  ["nothing of an older server", 404, '{"requests": 12, "uptimeSeconds": 3.5}', undefined],
  ["nothing of half a request", 200, '{"requests": 1.5, "uptimeSeconds": 3}', undefined],
  ["nothing without a time", 200, '{"requests": 1}', undefined],
  ["nothing of a time that is none", 200, '{"requests": 1, "uptimeSeconds": -3}', undefined],
  ["nothing of no JSON", 200, "12", undefined],
];
for (const [title, status, body, expected] of counted) {
  test(`learns about traffic ${title}`, async () => {
    const answer = await asked(
      (response, path) => response.writeHead(path === "/traffic" ? status : 500).end(body),
      (introspection) => introspection.traffic("127.0.0.1"),
    );
    assert.equal(answer, expected);
  });
}

const reported: [title: string, status: number, body: string, state: string | undefined][] = [
  ["how it stands", 200, '{"state": "Connected"}', "Connected"],
  ["that there is none", 404, "there is no /capture", "Off"],
  ["nothing of a server in trouble", 500, '{"state": "Connected"}', undefined],
  ["nothing of a list", 200, "[1]", undefined],
  ["nothing of no JSON", 200, "<html>", undefined],
];
for (const [title, status, body, state] of reported) {
  test(`learns about capture ${title}`, async () => {
    const answer = await asked(
      (response, path) => response.writeHead(path === "/capture" ? status : 500).end(body),
      (introspection) => introspection.capture("127.0.0.1"),
    );
    assert.is(answer?.state, state);
  });
}

const unreadiness: [title: string, body: string, expected: unknown][] = [
  [
    "with a reason",
    '{"ready": false, "reason": "Loading", "message": "The model\\n is being loaded", "more": 1}',
    { reason: "Loading", message: "The model is being loaded" },
  ],
  ["as text, of an older release", "It loads\n", { reason: "NotReady", message: "It loads" }],
  ["without a word", "\n", undefined],
];
for (const [title, body, expected] of unreadiness) {
  test(`learns why a server is not ready ${title}`, async () => {
    const answer = await asked((response) => response.writeHead(503).end(body), unready);
    assert.equal(answer, expected);
  });
}

test("a ready server has no reason not to be", async () => {
  assert.is(await asked((response) => response.end('{"ready":true}'), unready), undefined);
});

test("a server that cannot be reached gives no reason", async () => {
  assert.is(await asked((response) => response.destroy(), unready), undefined);
});

test.run();
