import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { besides, peakMemory } from "../../../support/crowd.ts";
import { linear } from "../../../../tools/support/models.ts";
import { serverProcess, type ServerProcess } from "../../../../tools/support/server-process.ts";
import { suite } from "../../../support/suite.ts";
import { statuses, wire, type Wire } from "../../../support/wire.ts";

const test = suite("hostile", 60_000);
let folder: string;
let server: ServerProcess;

/** The linear model in a process of its own. */
async function start(files?: number): Promise<ServerProcess> {
  const started = await serverProcess(
    { MODEL_PATH: join(folder, "test.onnx"), DRAIN_SECONDS: "0" },
    files,
  );
  await started.logged("Serving");
  return started;
}

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "intendant-hostile-"));
  writeFileSync(join(folder, "test.onnx"), linear());
  server = await start();
});

test.after(() => rmSync(folder, { recursive: true }));

const health = "GET /api/health HTTP/1.1\r\nHost: test\r\n\r\n";
const ready = "GET /v2/health/ready HTTP/1.1\r\nHost: test\r\n\r\n";
const post = (headers: string, body = "") =>
  `POST /v2/models/test/infer HTTP/1.1\r\nHost: test\r\n${headers}\r\n\r\n${body}`;
const inference = JSON.stringify({
  inputs: [{ name: "x", datatype: "FP32", shape: [1, 4], data: [0, 0, 0, 0] }],
});
const whole = post(`Content-Length: ${inference.length}`, inference);

/** So many connections that all send the same. */
async function many(count: number, text: string, to = server): Promise<Wire[]> {
  const wires: Wire[] = [];
  // Not all at once: a client's own queue of connections is not what is tested.
  while (wires.length < count) {
    const next = Array.from({ length: Math.min(500, count - wires.length) }, () =>
      wire(to.url, text),
    );
    wires.push(...(await Promise.all(next)));
  }
  return wires;
}

/** Closes connections so that none of them keeps its port for a while, as it usually would. */
const hangUp = (wires: Wire[]) => wires.forEach(({ socket }) => socket.resetAndDestroy());

test("heads that come letter by letter disturb nobody", async () => {
  await besides(server, async (crowd) => {
    const wires = await many(300, "GET /api/health HTTP/1.1\r\nHost: test\r\n");
    const letters = setInterval(() => wires.forEach(({ socket }) => socket.write("a")), 10);
    await crowd.more(200);
    clearInterval(letters);
    hangUp(wires);
  });
});

test("bodies that come letter by letter disturb nobody", async () => {
  await besides(server, async (crowd) => {
    const wires = await many(300, post("Content-Length: 100000"));
    const letters = setInterval(() => wires.forEach(({ socket }) => socket.write(" ")), 10);
    await crowd.more(200);
    clearInterval(letters);
    hangUp(wires);
  });
});

test("large bodies that never end fill no memory and disturb nobody", async () => {
  const mebibyte = Buffer.alloc(1024 * 1024, " ");
  await besides(server, async (crowd) => {
    const wires = await many(25, post(`Content-Length: ${32 * mebibyte.length}`));
    const sent = wires.map(async ({ socket }) => {
      for (let count = 0; count < 31; count += 1) {
        if (!socket.write(mebibyte)) await once(socket, "drain");
      }
    });
    await Promise.all(sent);
    await crowd.more(100);
    const refused = wires.filter(({ received }) => received() !== "");
    assert.ok(refused.length > 10, `${refused.length} were refused`);
    for (const { received } of refused) assert.match(received(), "Too many large bodies");
    hangUp(wires);
  });
  assert.ok(peakMemory(server.pid) < 800, `${peakMemory(server.pid)} MiB`);
});

test("large answers that nobody reads disturb nobody", async () => {
  const file = "GET /api/docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: test\r\n\r\n";
  await besides(server, async (crowd) => {
    const wires = await many(20, "");
    const begun = wires.map(async ({ socket }) => {
      socket.write(file.repeat(20));
      await once(socket, "data");
      socket.pause();
    });
    await Promise.all(begun);
    await crowd.more(200);
    hangUp(wires);
  });
});

test("requests that are given up at once disturb nobody", async () => {
  await besides(server, async () => {
    for (let round = 0; round < 10; round += 1) {
      const wires = await many(100, whole);
      wires.forEach(({ socket }) => socket.destroy());
    }
  });
});

test("connections that are lost in the middle of a body disturb nobody", async () => {
  await besides(server, async () => {
    for (let round = 0; round < 10; round += 1) {
      hangUp(await many(100, whole.slice(0, -10)));
    }
  });
});

test("heads that are too large are refused and disturb nobody", async () => {
  const lines = ["a: b\r\n".repeat(5000), `a: ${"b".repeat(50_000)}\r\n`];
  await besides(server, async () => {
    for (const line of lines) {
      const head = `GET /api/health HTTP/1.1\r\nHost: test\r\n${line}\r\n`;
      for (const { ended } of await many(200, head)) {
        assert.match(await ended, /^HTTP\/1\.1 431 [^]*"error":"The address or the header fields/);
      }
    }
  });
});

test("a client that sends thousands of requests ahead gets only its share", async () => {
  await besides(server, async (crowd) => {
    const [flood] = (await many(1, whole.repeat(20_000))) as [Wire];
    // It was hung up on long before the last of them.
    const answers = statuses(await flood.ended);
    assert.ok(answers.length < 10_000, `${answers.length} answers`);
    assert.ok(answers.every((status) => status === 200 || status === 503));
    await crowd.more(20);
  });
});

test("a connection may bring thousands of requests, one after the other", async () => {
  await besides(server, async () => {
    const [long] = (await many(1, "")) as [Wire];
    for (let count = 1; count <= 2000; count += 1) {
      long.socket.write(ready);
      while (statuses(long.received()).length < count) await once(long.socket, "data");
    }
    hangUp([long]);
    assert.equal(new Set(statuses(long.received())), new Set([200]));
  });
});

const chunked = "Transfer-Encoding: chunked";
const invalid: [what: string, text: string][] = [
  ["two lengths of a body", post("Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n")],
  ["the same in the other order", post(`${chunked}\r\nContent-Length: 4`, "0\r\n\r\n")],
  ["two values of Content-Length", post("Content-Length: 4\r\nContent-Length: 5", "abcd")],
  ["twice the same Content-Length", post("Content-Length: 4\r\nContent-Length: 4", "abcd")],
  ["a list of lengths", post("Content-Length: 4, 4", "abcd")],
  ["an encoding after chunked", post(`${chunked}\r\nTransfer-Encoding: gzip`, "0\r\n\r\n")],
  ["an encoding that looks like chunked", post("Transfer-Encoding: xchunked", "0\r\n\r\n")],
  ["a space before the colon", post("Transfer-Encoding : chunked", "0\r\n\r\n")],
  ["a tab before the colon", post("Content-Length\t: 4", "abcd")],
  ["a header that goes on in the next line", post("X: a\r\n Content-Length: 4", "abcd")],
  ["a control character in a header", post("X: a\0b")],
  ["a chunk of a strange length", post(chunked, "0x5\r\nhello\r\n0\r\n\r\n")],
  ["a chunk of a negative length", post(chunked, "-1\r\n\r\n0\r\n\r\n")],
  ["a chunk of an absurd length", post(chunked, `${"f".repeat(20)}\r\n`)],
  ["a chunk that is longer than it says", post(chunked, "1\r\nhello\r\n0\r\n\r\n")],
  ["an absurd Content-Length", post(`Content-Length: ${"9".repeat(30)}`)],
  ["a negative Content-Length", post("Content-Length: -1")],
  ["a Content-Length in hexadecimal", post("Content-Length: 0x10")],
  ["line feeds only", "GET /api/health HTTP/1.1\nHost: test\n\n"],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["HTTP/1.7", "GET /api/health HTTP/1.7\r\nHost: test\r\n\r\n"],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["no host", "GET /api/health HTTP/1.1\r\n\r\n"],
  ["a method that nobody knows", "BREW /coffee HTTP/1.1\r\nHost: test\r\n\r\n"],
  ["zeros", "\0".repeat(1000)],
];

for (const [what, text] of invalid) {
  test(`${what}: refused once, and what follows is no request`, async () => {
    await besides(server, async () => {
      const [{ ended }] = (await many(1, text + health)) as [Wire];
      const answer = await ended;
      assert.equal(statuses(answer), [400]);
      assert.match(answer, /\r\nConnection: close\r\n/);
    });
  });
}

test("a Content-Length beyond the limit is refused before the body comes", async () => {
  await besides(server, async () => {
    const text = post("Content-Length: 9007199254740991\r\nExpect: 100-continue");
    const [{ until, socket }] = (await many(1, text)) as [Wire];
    await until(/HTTP\/1\.1 413 [^]*send fewer rows at a time"}$/);
    socket.destroy();
  });
});

test("who asks first may send the body", async () => {
  await besides(server, async () => {
    const head = post(`Content-Length: ${inference.length}\r\nExpect: 100-continue`);
    const [{ until, socket }] = (await many(1, head)) as [Wire];
    await until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    socket.write(inference);
    await until(/HTTP\/1\.1 200 OK[^]*"data":\[10,20,30\]/);
    socket.destroy();
  });
});

test("who never sends the body that was asked about disturbs nobody", async () => {
  await besides(server, async (crowd) => {
    const wires = await many(300, post("Content-Length: 1000\r\nExpect: 100-continue"));
    await crowd.more(100);
    hangUp(wires);
  });
});

test("another expectation is refused", async () => {
  const [{ ended }] = (await many(1, post("Content-Length: 2\r\nExpect: tea"))) as [Wire];
  assert.match(await ended, /^HTTP\/1\.1 417 [^]*leave out the header Expect/);
});

test("a request to change the protocol is answered as if it did not ask", async () => {
  await besides(server, async () => {
    for (const protocol of ["websocket", "h2c"]) {
      const text = ready.replace(
        "\r\n\r\n",
        `\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
      );
      const [{ socket, until }] = (await many(1, text)) as [Wire];
      await until(/^HTTP\/1\.1 200 OK[^]*"ready":true/);
      socket.destroy();
    }
  });
});

test("who takes the server for a proxy is refused", async () => {
  await besides(server, async () => {
    const text = "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n";
    for (const { ended } of await many(100, text)) {
      assert.match(await ended, /^HTTP\/1\.1 405 [^]*This server is not a proxy/);
    }
  });
});

test("10,000 idle connections disturb nobody, and do not keep the server", async () => {
  const crowded = await start();
  const wires: Wire[] = [];
  await besides(crowded, async (crowd) => {
    wires.push(...(await many(5000, "", crowded)), ...(await many(5000, ready, crowded)));
    for (const { until } of wires.slice(5000)) await until(/"ready":true/);
    await crowd.more(200);
  });
  assert.is(wires.filter(({ socket }) => socket.destroyed).length, 0);
  crowded.kill("SIGTERM");
  assert.is(await crowded.ended, 0);
  assert.is(crowded.log.at(-1)?.msg, "Shut down; every request was answered");
  hangUp(wires);
});

test("more connections than the process may open files disturb nobody", async () => {
  const small = await start(300);
  await besides(small, async (crowd) => {
    const wires = [];
    for (let round = 0; round < 10; round += 1) {
      wires.push(...(await many(100, "", small)));
      await crowd.more(20);
    }
    // Those that were there first had to make room.
    await Promise.all(wires.slice(0, 100).map(({ ended }) => ended));
    const [{ until }] = (await many(1, ready, small)) as [Wire];
    await until(/"ready":true/);
    hangUp(wires);
  });
  small.kill("SIGTERM");
  assert.is(await small.ended, 0);
  assert.equal(
    small.log.filter(({ level }) => level !== "info"),
    [],
  );
});

test("after all that the server has complained about nothing, and ends as it should", async () => {
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
  assert.is(server.log.at(-1)?.msg, "Shut down; every request was answered");
  assert.equal(
    server.log.filter(({ level }) => level !== "info"),
    [],
  );
});

test.run();
