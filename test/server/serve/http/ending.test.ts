import { once } from "node:events";
import { Agent, request, type ClientRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import * as assert from "uvu/assert";
import { ask } from "../../../support/ask.ts";
import { serverProcess, type ServerProcess } from "../../../../tools/support/server-process.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("ending", 60_000);

async function serving(drainSeconds: number): Promise<ServerProcess> {
  const server = await serverProcess({
    MODEL_PATH: "model/intent-fr.onnx",
    DRAIN_SECONDS: String(drainSeconds),
    // On a busy machine, a hundred clients at once wait for longer than others would have to.
    MAX_QUEUE_MS: "60000",
  });
  await server.logged("Serving");
  return server;
}

interface Reply {
  status: number | undefined;
  connection: string | undefined;
  body: string;
}

async function reply(outgoing: ClientRequest): Promise<Reply> {
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  const body = await text(incoming);
  return { status: incoming.statusCode, connection: incoming.headers.connection, body };
}

test("clients that fire through the end lose nothing", async () => {
  const server = await serving(5);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const url = `${server.url}/api/intent?sentence=bonjour`;
  const replies: Reply[] = [];
  let heard = false;

  // As in a cluster, a client goes on for a while after the server has said that it ends.
  const client = async () => {
    for (let left = 5; left > 0; left -= heard ? 1 : 0) {
      replies.push(await reply(request(url, { agent }).end()));
    }
  };
  const clients = Promise.all(Array.from({ length: 16 }, client));

  while (replies.length < 200) await once(agent, "free");
  server.kill("SIGTERM");
  await server.logged("Received SIGTERM");
  const before = replies.length;
  const { status, body } = await ask(`${server.ops}/readyz`);
  const problem = { reason: "ShuttingDown", message: "The server is shutting down" };
  assert.equal([status, body], [503, { ready: false, ...problem }]);
  assert.is((await ask(`${server.ops}/livez`)).status, 200);
  heard = true;
  await clients;

  assert.equal(new Set(replies.map(({ status }) => status)), new Set([200]));
  // Those that were under way at the signal may be among the first ones.
  const late = replies.slice(before + 16);
  assert.ok(late.length >= 50, `only ${late.length} requests came after the signal`);
  assert.equal(new Set(late.map(({ connection }) => connection)), new Set(["close"]));
  assert.is(await server.ended, 0);
  agent.destroy();
});

test("a request that is under way is answered before the end", async () => {
  const server = await serving(0);
  const body = '{"inputs":[{"name":"sentence","datatype":"BYTES","shape":[1],"data":["bonjour"]}]}';
  const outgoing = request(`${server.url}/v2/models/intent-fr/infer`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Content-Length": body.length },
  });
  await new Promise((resolve) => outgoing.write(body.slice(0, 20), resolve));
  await untilInFlight(server.ops, 1);
  server.kill("SIGTERM");
  await server.logged("Received SIGTERM");
  const answer = reply(outgoing);
  outgoing.end(body.slice(20));
  const { status, connection } = await answer;
  assert.equal([status, connection], [200, "close"]);
  assert.is(await server.ended, 0);
  assert.is(server.log.at(-1)?.msg, "Shut down; every request was answered");
});

test("at full speed no request that was sent is lost", async () => {
  const server = await serving(2);
  const url = `${server.url}/api/intent?sentence=bonjour`;
  const { body: right } = await ask(url);
  const replies: Reply[] = [];
  const agent = new Agent({ keepAlive: true });
  // Each on a connection of its own, until that is announced to be closed.
  const client = async () => {
    for (;;) {
      const answer = await reply(request(url, { agent }).end());
      replies.push(answer);
      if (answer.connection === "close") return;
    }
  };
  const clients = Promise.all(Array.from({ length: 100 }, client));
  while (replies.length < 500) await once(agent, "free");
  server.kill("SIGTERM");
  await clients;

  const closed = replies.filter(({ connection }) => connection === "close");
  assert.is(closed.length, 100);
  assert.equal(new Set(replies.map(({ status }) => status)), new Set([200]));
  assert.equal(new Set(replies.map(({ body }) => body)), new Set([JSON.stringify(right)]));
  assert.is(await server.ended, 0);
  assert.is(server.log.at(-1)?.msg, "Shut down; every request was answered");
});

test("a slow upload and a long inference that are under way are answered", async () => {
  const server = await serving(0);
  const url = `${server.url}/v2/models/intent-fr/infer`;
  const sentence = "je cherche un restaurant ".repeat(20);
  const infer = (rows: number) => {
    const data = Array.from({ length: rows }, () => sentence);
    return JSON.stringify({
      inputs: [{ name: "sentence", datatype: "BYTES", shape: [rows], data }],
      outputs: [{ name: "label" }],
    });
  };
  const labels = (text: string) =>
    (JSON.parse(text) as { outputs: [{ data: string[] }] }).outputs[0].data;

  const upload = request(url, { method: "POST" });
  const uploaded = reply(upload);
  const letters = infer(1);
  await new Promise((resolve) => upload.write(letters.slice(0, 20), resolve));
  await untilInFlight(server.ops, 1);
  const long = reply(request(url, { method: "POST" }).end(infer(10_000)));
  await untilInFlight(server.ops, 2);
  server.kill("SIGTERM");
  await server.logged("Received SIGTERM");
  for (const letter of letters.slice(20, -1)) {
    await new Promise((resolve) => upload.write(letter, resolve));
  }
  const large = await long;
  upload.end(letters.at(-1));
  const slow = await uploaded;
  assert.equal([slow.status, slow.connection], [200, "close"]);
  assert.equal([large.status, large.connection], [200, "close"]);
  assert.is(labels(large.body).length, 10_000);
  assert.equal(new Set(labels(large.body)), new Set(labels(slow.body)));
  assert.is(await server.ended, 0);
});

test("connections without a request do not keep the server", async () => {
  const server = await serving(0);
  const idle = new Agent({ keepAlive: true });
  await reply(request(`${server.url}/api/health`, { agent: idle }).end());
  const silent = connect(Number(new URL(server.url).port), "localhost");
  await once(silent, "connect");
  server.kill("SIGINT");
  assert.is(await server.ended, 0);
  silent.destroy();
  idle.destroy();
});

test("a second signal ends it at once", async () => {
  const server = await serving(600);
  server.kill("SIGTERM");
  await server.logged("Received SIGTERM");
  server.kill("SIGTERM");
  assert.is(await server.ended, 1);
  assert.is(server.log.at(-1)?.msg, "Received SIGTERM again; stopped at once");
});

test("a server without a model ends as well", async () => {
  const server = await serverProcess({ MODEL_PATH: "nowhere.onnx", DRAIN_SECONDS: "0" });
  await server.logged("Could not load the model");
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
});

async function untilInFlight(ops: string, count: number): Promise<void> {
  const line = new RegExp(`^intendant_server_requests_in_flight ${count}$`, "m");
  for (;;) {
    const { body } = await ask(`${ops}/metrics`);
    if (line.test(String(body))) return;
  }
}

test.run();
