import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as assert from "uvu/assert";
import {
  createIntrospection,
  modelDescription,
  sentence,
  type Introspection,
} from "../../../operator/src/observe/server-client.ts";
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
    return await question(createIntrospection({ port, timeout: 200 }));
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

for (const node of [null, {}, { cpu: 7 }, { cpu: "" }]) {
  test(`takes no processor from ${JSON.stringify(node)}`, () => {
    const found = modelDescription(JSON.stringify({ ...said, node }));
    assert.equal([found?.sha256, found?.node], [sha256, undefined]);
  });
}

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

test("learns why a server is not ready", async () => {
  const answer = await asked((response) => {
    response.writeHead(503).end("The model is being loaded\n");
  }, unready);
  assert.is(answer, "The model is being loaded");
});

test("a ready server has no reason not to be", async () => {
  assert.is(await asked((response) => response.end("ready\n"), unready), undefined);
});

test("a server that cannot be reached gives no reason", async () => {
  assert.is(await asked((response) => response.destroy(), unready), undefined);
});

const malformed: [title: string, change: object][] = [
  ["no digest", { sha256: undefined }],
  ["a digest that is none", { sha256: "abc" }],
  ["no inputs", { inputs: undefined }],
  ["an input without a name", { inputs: [{ datatype: "FP32", shape: [1] }] }],
  ["an input without a type", { inputs: [{ name: "x", shape: [1] }] }],
  ["half a dimension", { inputs: [{ name: "x", datatype: "FP32", shape: [0.5] }] }],
  ["two outputs of one name", { outputs: [...outputs, ...outputs] }],
];
for (const [title, change] of malformed) {
  test(`takes no description with ${title}, which the API server would refuse`, () => {
    assert.is(modelDescription(JSON.stringify({ ...said, ...change })), undefined);
  });
}

const odd: [title: string, change: object, field: "opset" | "labels" | "loadSeconds"][] = [
  ["half an opset", { opset: 17.5 }, "opset"],
  ["no opset", { opset: undefined }, "opset"],
  ["labels that are numbers", { labels: [1, 2] }, "labels"],
  ["a label as long as a book", { labels: ["x".repeat(257)] }, "labels"],
  ["a negative time", { loadSeconds: -1 }, "loadSeconds"],
  ["a time in words", { loadSeconds: "long" }, "loadSeconds"],
];
for (const [title, change, field] of odd) {
  test(`leaves out ${title}, and nothing else`, () => {
    const found = modelDescription(JSON.stringify({ ...said, ...change }));
    assert.is(found?.[field], undefined);
    assert.is(found?.sha256, sha256);
  });
}

test("takes no memory but in whole bytes, and at most a hundred labels", () => {
  const labels = Array.from({ length: 101 }, (_, index) => `label ${index}`);
  const memory = { atRest: null, peak: "much" };
  const found = modelDescription(JSON.stringify({ ...said, labels, memory }));
  assert.equal(found?.memory, { atRest: undefined, peak: undefined });
  assert.is(found?.labels?.length, 100);
  assert.is(modelDescription(JSON.stringify({ ...said, memory: null }))?.sha256, sha256);
});

test("takes one sentence, from an error in JSON or from text", () => {
  assert.is(sentence('{"error":"no such file"}'), "no such file");
  assert.is(sentence("first\nsecond"), "first");
  assert.is(sentence(""), undefined);
  assert.is(sentence("x".repeat(1000))?.length, 300);
});

test.run();
