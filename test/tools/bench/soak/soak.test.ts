import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { soak, type Outcome } from "../../../../tools/bench/soak/soak.ts";
import { serverProcess } from "../../../../tools/support/server-process.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("soak", 60_000);
const load = { requests: 500, connections: 8, samples: 5 };

test("sends the whole mix and finds every answer right", async () => {
  const server = await serverProcess({ MODEL_PATH: "model/intent-fr.onnx", DRAIN_SECONDS: "0" });
  await server.logged("Serving");
  const ports = { port: portOf(server.url), opsPort: portOf(server.ops) };
  const { sent, wrong, complaints, samples } = await soak({ ...ports, model: "intent-fr" }, load);
  assert.is(wrong, 0, complaints.join("\n"));
  assert.is(
    Object.values(sent).reduce((sum, count) => sum + count),
    500,
  );
  assert.ok(
    Object.values(sent).every((count) => count > 0),
    JSON.stringify(sent),
  );
  assert.is(samples.length, 7);
  assert.ok(samples.every(({ rss, heap, files }) => rss > heap && heap > 0 && files > 0));
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
});

test("takes an answer that belongs to another request for wrong", async () => {
  let hasLied = false;
  const outcome = await soakAgainst((id) => {
    const isLie = !hasLied && Number(id) > 0;
    hasLied ||= isLie;
    return isLie ? id.replaceAll(/\d/g, "9") : id;
  });
  assert.is(outcome.wrong, 1);
  assert.match(String(outcome.complaints[0]), '200 {"id":"999999999"}');
});

test.run();

const portOf = (url: string) => Number(new URL(url).port);

/** Soaks a server that answers nothing but an id, which follows from that of the request. */
async function soakAgainst(idOf: (id: string) => string): Promise<Outcome> {
  const answer = async (request: IncomingMessage) => {
    const body = await buffer(request);
    const isPacked = request.headers["content-encoding"] === "gzip";
    const id = /"id":"(\d+)"/.exec(String(isPacked ? gunzipSync(body) : body))?.[1] ?? "";
    return JSON.stringify({ id: idOf(id) });
  };
  const server = createServer((request, response) => {
    // Some requests are never sent to their end.
    answer(request).then(
      (text) => response.end(text),
      () => response.destroy(),
    );
  });
  server.listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await soak({ port, opsPort: port, model: "none" }, load);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
