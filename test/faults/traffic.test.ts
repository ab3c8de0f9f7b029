import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { until } from "../../tools/support/until.ts";
import { startTraffic, type Traffic } from "./traffic.ts";

interface World {
  server: Server;
  sockets: Set<Socket>;
  /** What the server does; it answers rightly unless said. */
  serve: (response: ServerResponse, path: string) => void;
  start: (timeout?: number) => Traffic;
}

const test = suite<World>("traffic", 30_000);

test.before.each(async (world) => {
  world.serve = rightly;
  world.sockets = new Set();
  world.server = createServer((request, response) => {
    world.serve(response, request.url ?? "");
  });
  world.server.on("connection", (socket) => world.sockets.add(socket));
  world.server.listen(0, "127.0.0.1");
  await once(world.server, "listening");
  const { port } = world.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  world.start = (timeout) =>
    startTraffic({ url, model: "intent-fr", rate: 100, ...(timeout && { timeout }) });
});

test.after.each(async ({ server }) => {
  server.close();
  server.closeAllConnections();
});

function rightly(response: ServerResponse, path: string): void {
  const intents = [{ probability: 0.75 }, { probability: 0.25 }];
  const outputs = [{ name: "label", data: ["find-restaurant"] }];
  response.end(JSON.stringify(path.startsWith("/v2/") ? { outputs } : intents));
}

test("as many as wanted are sent and answered, half of them over new connections", async (world) => {
  const outcome = await world.start().ended(100);
  assert.ok(outcome.sent >= 100, String(outcome.sent));
  assert.equal([outcome.failures, outcome.lost, outcome.resent], [0, 0, 0]);
  assert.ok(world.sockets.size > outcome.sent / 2, String(world.sockets.size));
  assert.ok(world.sockets.size < outcome.sent, String(world.sockets.size));
});

test("a refusal, a wrong answer and a lost connection are failures", async (world) => {
  const bad: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(503).end("busy"),
    (response) => response.end("[]"),
    (response) => response.end("<html>"),
    (response) => response.destroy(),
  ];
  world.serve = (response, path) => (bad.shift() ?? ((answer) => rightly(answer, path)))(response);
  const outcome = await world.start().ended(50);
  assert.is(outcome.failures, 4, JSON.stringify(outcome.reasons));
  assert.is(outcome.reasons["second 0: status 503: busy"], 1);
  assert.is(outcome.reasons["second 0: a wrong answer: []"], 1);
});

test("an answer that does not come is a failure", async (world) => {
  let first = true;
  world.serve = (response, path) => {
    if (!first) rightly(response, path);
    first = false;
  };
  const outcome = await world.start(500).ended(10);
  assert.ok(outcome.failures >= 1, JSON.stringify(outcome.reasons));
});

test("what waits when a server is killed is lost, and what comes later is sent again", async (world) => {
  const { sockets } = world;
  const waiting: ServerResponse[] = [];
  world.serve = (response) => waiting.push(response);
  const traffic = world.start();
  await until(() => waiting.length >= 10);
  let refusals = 5;
  world.serve = (response, path) => {
    refusals -= 1;
    if (refusals >= 0) response.destroy();
    else rightly(response, path);
  };
  const inFlight = traffic.serverKilled();
  for (const socket of sockets) socket.destroy();
  const outcome = await traffic.ended(60);
  assert.ok(outcome.lost >= 10 && outcome.lost <= inFlight, `${outcome.lost} of ${inFlight}`);
  assert.is(outcome.failures, 0, JSON.stringify(outcome.reasons));
  assert.ok(outcome.resent >= 5, String(outcome.resent));
});

test.run();
