import { once } from "node:events";
import type { ServerResponse } from "node:http";
import * as assert from "uvu/assert";
import { listen, type Handler, type Limits } from "../../../../server/src/serve/http/listen.ts";
import { suite } from "../../../support/suite.ts";
import { statuses, wire } from "../../../support/wire.ts";

const test = suite("http", 20_000);
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

/** A body that fits into no buffer on the way. */
const large = Buffer.alloc(64 * 1024 * 1024, "a");

/** Answers its path. `/large` is a large answer; `/held` is held back. */
class Held {
  responses: ServerResponse[] = [];
  handler: Handler = async (request, response) => {
    if (request.url === "/held" || request.url === "/large") this.responses.push(response);
    if (request.url !== "/held") response.end(request.url === "/large" ? large : request.url);
  };

  async until(count: number): Promise<void> {
    while (this.responses.length < count) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets a test talk to a server with its own limits. */
async function withListener(
  limits: Partial<Limits>,
  use: (url: string, held: Held) => Promise<void>,
): Promise<void> {
  const held = new Held();
  const server = await listen(held.handler, { port: 0, limits });
  try {
    await use(`http://127.0.0.1:${server.port}`, held);
  } finally {
    for (const response of held.responses) response.end();
    await server.close();
  }
}

test("a head that does not get complete is given up", async () => {
  await withListener({ head: 50 }, async (url) => {
    const { ended } = await wire(url, "GET / HTTP/1.1\r\nHost: test\r\n");
    const answer = await ended;
    assert.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/);
    assert.match(answer, "send its head within 0.05 seconds");
  });
});

test("so is a connection that never sends anything", async () => {
  await withListener({ head: 50 }, async (url) => {
    const { ended } = await wire(url);
    assert.equal(statuses(await ended), [408]);
  });
});

test("a body that does not get complete is given up", async () => {
  await withListener({ head: 50, request: 100 }, async (url, held) => {
    const half = "POST /held HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345";
    const { ended } = await wire(url, half);
    await held.until(1);
    assert.equal(statuses(await ended), [408]);
  });
});

test("an answer that the client does not read is given up", async () => {
  await withListener({ stall: 50 }, async (url, held) => {
    const { socket } = await wire(url);
    socket.pause();
    socket.write(get("/large"));
    await held.until(1);
    const [response] = held.responses as [ServerResponse];
    if (!response.closed) await once(response, "close");
    assert.not(response.writableFinished);
    socket.destroy();
  });
});

test("an answer that the client reads slowly arrives", async () => {
  await withListener({ stall: 2000 }, async (url) => {
    const { socket, received, ended } = await wire(url, get("/large"));
    // Many small rests, which together are longer than the limit.
    socket.on("data", () => {
      socket.pause();
      setTimeout(() => socket.resume(), 3);
    });
    const isOver = ended.then(() => true);
    while (received().length < large.length) {
      const hungUp = await Promise.race([once(socket, "data").then(() => false), isOver]);
      assert.not(hungUp, `hung up after ${received().length} bytes`);
    }
    socket.destroy();
  });
});

test("a client may wait for its answer for longer than it may leave it unread", async () => {
  await withListener({ stall: 30 }, async (url, held) => {
    const waiting = await wire(url, get("/held"));
    await held.until(1);
    // Another client is given up meanwhile, and this one is not.
    const { ended } = await wire(url);
    await ended;
    held.responses[0]?.end("at last");
    await waiting.until(/at last$/);
    waiting.socket.destroy();
  });
});

test("an idle connection is closed after a while", async () => {
  await withListener({ keepAlive: 30 }, async (url) => {
    const { ended } = await wire(url, get("/"));
    assert.equal(statuses(await ended), [200]);
  });
});

test("requests that are sent ahead are answered in their order, up to a limit", async () => {
  await withListener({ pipelined: 3 }, async (url, held) => {
    const { until, ended } = await wire(url, get("/held") + get("/a") + get("/b").repeat(5));
    await held.until(1);
    held.responses[0]?.end("first");
    const answer = await ended;
    await until(/first/);
    assert.equal(statuses(answer), [200, 200, 200, 503]);
    assert.match(answer, /first[^]*\/a[^]*\/b[^]*Retry-After: 1[^]*send the next one after/);
  });
});

test("the connection that was not used for the longest time makes room", async () => {
  await withListener({ connections: 3 }, async (url, held) => {
    const busy = await wire(url, get("/held"));
    await held.until(1);
    const unused = await wire(url);
    const used = await wire(url, get("/used"));
    await used.until(/\/used$/);
    const late = await wire(url, get("/late"));
    await late.until(/\/late$/);
    assert.is(await unused.ended, "");

    used.socket.write(get("/again"));
    await used.until(/\/again$/);
    held.responses[0]?.end("at last");
    await busy.until(/at last$/);
    for (const { socket } of [busy, used, late]) socket.destroy();
  });
});

test("with all connections busy, another one is told to come again", async () => {
  await withListener({ connections: 2 }, async (url, held) => {
    const busy = [await wire(url, get("/held")), await wire(url, get("/held"))];
    await held.until(2);
    const { ended } = await wire(url);
    assert.match(await ended, /^HTTP\/1\.1 503 [^]*Retry-After: 1\r\n[^]*try again later/);
    for (const response of held.responses) response.end("done");
    for (const { until } of busy) await until(/done$/);
    for (const { socket } of busy) socket.destroy();
    const next = await wire(url, get("/next"));
    await next.until(/\/next$/);
    next.socket.destroy();
  });
});

test("nonsense behind a request is not taken for its answer", async () => {
  await withListener({}, async (url, held) => {
    const { ended } = await wire(url, `${get("/held")}nonsense\r\n\r\n`);
    assert.is(await ended, "");
    assert.is(held.responses.length, 1);
  });
});

test("nonsense in a body is the answer to its request", async () => {
  await withListener({}, async (url) => {
    const head = "POST /held HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
    const { ended } = await wire(url, `${head}nonsense\r\n`);
    const answer = await ended;
    assert.equal(statuses(answer), [400]);
    assert.match(answer, "Invalid character in chunk size");
  });
});

test("who is refused and does not hang up is hung up on", async () => {
  await withListener({ linger: 50 }, async (url) => {
    const { socket, until, ended } = await wire(url, "nonsense\r\n\r\n");
    socket.allowHalfOpen = true;
    await until(/^HTTP\/1\.1 400 /);
    // The other side has said that it ends; this one goes on sending until it is cut off.
    const sending = setInterval(() => socket.write("nonsense"), 5);
    await ended;
    clearInterval(sending);
  });
});

test("a connection that is lost with requests sent ahead does not keep the server", async () => {
  const held = new Held();
  const server = await listen(held.handler, { port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  const { socket } = await wire(url, get("/held").repeat(10));
  await held.until(10);
  socket.destroy();
  const silent = await wire(url);
  await server.close();
  assert.is(await silent.ended, "");
});

test.run();
