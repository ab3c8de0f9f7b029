import { once } from "node:events";
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import * as assert from "uvu/assert";
import { ask } from "../../../support/ask.ts";
import { modelServer, type ModelServer } from "../../../../tools/support/model-server.ts";
import { linear } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("bodies", 30_000);
const limit = 32 * 1024 * 1024;
const tooLarge = { error: `The body is larger than ${limit} bytes; send fewer rows at a time` };
let server: ModelServer;
let url: string;

test.before(async () => {
  server = await modelServer(linear());
  url = `${server.url}/v2/models/test/infer`;
});

test.after(() => server.end());

/** Begins a request whose body the test sends. */
const begin = (headers: Record<string, string | number>): ClientRequest =>
  request(url, { method: "POST", headers: { "Content-Type": "application/json", ...headers } });

async function answerTo(outgoing: ClientRequest) {
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: incoming.statusCode, body: JSON.parse(await text(incoming)) as unknown };
}

/** How often a request ended in this class of errors. */
async function errors(errorClass: string): Promise<number> {
  const { body } = await ask(`${server.ops}/metrics`);
  const line = new RegExp(`^intendant_server_errors_total{class="${errorClass}"} (\\d+)$`, "m");
  return Number(line.exec(String(body))?.[1] ?? 0);
}

async function untilErrors(errorClass: string, count: number): Promise<void> {
  while ((await errors(errorClass)) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a body that says it is too large is refused before it is sent", async () => {
  const outgoing = begin({ "Content-Length": limit + 1 });
  outgoing.flushHeaders();
  assert.equal(await answerTo(outgoing), { status: 413, body: tooLarge });
  outgoing.destroy();
});

test("a body that turns out to be too large is refused", async () => {
  const outgoing = begin({ "Transfer-Encoding": "chunked" });
  const answer = answerTo(outgoing);
  const mebibyte = Buffer.alloc(1024 * 1024, " ");
  for (let sent = 0; sent <= limit; sent += mebibyte.length) outgoing.write(mebibyte);
  outgoing.end();
  assert.equal(await answer, { status: 413, body: tooLarge });
});

test("a large body within the limit is answered", async () => {
  const rows = 100_000;
  const data = Array.from({ length: 4 * rows }, (_, index) => index % 7);
  const { status, body } = await ask(url, {
    method: "POST",
    body: Buffer.from(
      JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [rows, 4], data }] }),
    ),
  });
  assert.is(status, 200);
  const [output] = (body as { outputs: [{ shape: number[]; data: number[] }] }).outputs;
  assert.equal(output.shape, [rows, 3]);
  assert.equal(
    output.data.slice(-3),
    [2, 3, 4].map((_, column) => {
      const last = data.slice(-4) as [number, number, number, number];
      return 10 * (column + 1) + last[column as 0 | 1 | 2] + last[3];
    }),
  );
});

test("a body that comes in pieces is answered", async () => {
  const outgoing = begin({});
  const body =
    '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}],"id":"é"}';
  const answer = answerTo(outgoing);
  // One byte at a time also cuts the é in two.
  for (const byte of Buffer.from(body)) outgoing.write(Buffer.of(byte));
  outgoing.end();
  const { status, body: answered } = await answer;
  assert.is(status, 200);
  assert.is((answered as { id: string }).id, "é");
});

test("a client that goes away in the middle of its body disturbs nobody", async () => {
  const before = await errors("aborted");
  for (let client = 0; client < 5; client++) {
    const outgoing = begin({ "Content-Length": 1000 });
    outgoing.on("error", () => undefined);
    await new Promise((resolve) => outgoing.write('{"inputs":', resolve));
    outgoing.destroy();
  }
  await untilErrors("aborted", before + 1);
  const { status } = await ask(`${server.url}/v2/health/ready`);
  assert.is(status, 200);
  assert.equal(
    server.log.filter(({ level }) => level === "error"),
    [],
  );
});

test("what is not HTTP is answered as JSON and hung up on", async () => {
  const socket = connect(Number(new URL(server.url).port), "localhost");
  socket.write("Good morning!\r\n\r\n");
  const answer = await text(socket);
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(answer, '{"error":"This is not an HTTP/1.1 request: Invalid method encountered"}');
});

test.run();
