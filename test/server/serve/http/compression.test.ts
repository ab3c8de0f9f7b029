import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import type { Context } from "koa";
import * as assert from "uvu/assert";
import { BodyMemory } from "../../../../server/src/serve/http/body-memory.ts";
import type { Refusal } from "../../../../server/src/process/errors.ts";
import { preferredEncoding } from "../../../../server/src/serve/http/middleware/compress.ts";
import { readBody } from "../../../../server/src/serve/http/middleware/read-body.ts";
import { modelServer, type ModelServer } from "../../../../tools/support/model-server.ts";
import { identity } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("compression", 30_000);
const limit = 32 * 1024 * 1024;
let server: ModelServer;

test.before(async () => {
  server = await modelServer(identity("float"));
});

test.after(() => server.end());

interface Answer {
  status: number | undefined;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** Posts bytes as they are; unlike fetch, it asks for no compression and undoes none. */
async function post(body: Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const outgoing = request(`${server.url}/v2/models/test/infer`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
  });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  const { statusCode: status, headers: answered } = incoming;
  return { status, headers: answered, body: await buffer(incoming) };
}

const error = ({ body }: Answer) => (JSON.parse(body.toString()) as { error: string }).error;

const ofSize = (rows: number, extra: object = {}) => {
  const data = Array.from({ length: rows }, (_, row) => row / 3);
  const input = { name: "x", shape: [rows], datatype: "FP32", data };
  return Buffer.from(JSON.stringify({ inputs: [input], ...extra }));
};

const small = ofSize(3);
const large = ofSize(5000);

for (const [encoding, pack] of [
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["GZIP", gzipSync],
  ["deflate", deflateSync],
] as const) {
  test(`a body may be encoded with ${encoding}`, async () => {
    const expected = (await post(small)).body.toString();
    const { status, body } = await post(pack(small), { "Content-Encoding": encoding });
    assert.equal([status, body.toString()], [200, expected]);
  });
}

test("a body may say that it has no encoding", async () => {
  assert.is((await post(small, { "Content-Encoding": "identity" })).status, 200);
});

test("the length of the JSON in front of binary tensors is that of the unpacked body", async () => {
  const parameters = { binary_data_size: 4 };
  const x = { name: "x", shape: [1], datatype: "FP32", parameters };
  const json = Buffer.from(JSON.stringify({ inputs: [x] }));
  const body = gzipSync(Buffer.concat([json, Buffer.from([0, 0, 128, 63])]));
  const answer = await post(body, {
    "Content-Encoding": "gzip",
    "Inference-Header-Content-Length": String(json.length),
  });
  const { outputs } = JSON.parse(answer.body.toString()) as { outputs: [{ data: number[] }] };
  assert.equal(outputs[0].data, [1]);
});

const broken: [what: string, encoding: string, body: Buffer][] = [
  ["what is no gzip", "gzip", small],
  ["what is no deflate", "deflate", small],
  ["deflate without its header", "deflate", deflateRawSync(small)],
  ["gzip that is cut off", "gzip", gzipSync(small).subarray(0, -9)],
  [
    "gzip whose checksum is wrong",
    "gzip",
    Buffer.concat([gzipSync(small).subarray(0, -8), Buffer.alloc(8)]),
  ],
  ["nothing as gzip", "gzip", Buffer.alloc(0)],
];

for (const [what, encoding, body] of broken) {
  test(`refuses ${what}`, async () => {
    const answer = await post(body, { "Content-Encoding": encoding });
    assert.is(answer.status, 400);
    assert.match(error(answer), /^The body is not what its content encoding says: /);
  });
}

for (const encoding of ["br", "zstd", "gzip, gzip", "constructor"]) {
  test(`refuses the encoding ${encoding} and says which there are`, async () => {
    const answer = await post(small, { "Content-Encoding": encoding });
    assert.equal([answer.status, answer.headers["accept-encoding"]], [415, "gzip, deflate"]);
    const sentence = `The content encoding ${encoding} is not supported; use gzip, deflate or none`;
    assert.is(error(answer), sentence);
  });
}

test("a body that unpacks to more than the limit is unpacked no further", async () => {
  // Its end is missing, which only one notices who gets there.
  const bomb = gzipSync(Buffer.alloc(4 * limit, " ")).subarray(0, -100);
  const answer = await post(bomb, { "Content-Encoding": "gzip" });
  assert.is(answer.status, 413);
  assert.is(error(answer), `The body is larger than ${limit} bytes; send fewer rows at a time`);
});

test("what a body unpacks to counts as memory, and there is none without end", async () => {
  const read = readBody(limit, new BodyMemory(1024 * 1024));
  const unpack = async (bytes: number) => {
    const packed = gzipSync(Buffer.alloc(bytes, " "));
    const req = Object.assign(Readable.from([packed]), { complete: true });
    const get = (name: string) => (name === "Content-Encoding" ? "gzip" : "");
    const context = { req, get, state: {} as { body?: Buffer } };
    await read(context as unknown as Context, async () => undefined);
    return context.state.body?.length;
  };
  const refused = await unpack(4 * 1024 * 1024).catch((error: Refusal) => error.status);
  assert.is(refused, 503);
  // The one that was refused has left nothing behind.
  for (let time = 0; time < 3; time++) assert.is(await unpack(600_000), 600_000);
});

test("a long answer is compressed when the client asks for it", async () => {
  const plain = await post(large);
  assert.is(plain.headers["content-encoding"], undefined);
  assert.is(plain.headers["vary"], "Accept-Encoding");
  for (const [encoding, unpack] of [
    ["gzip", gunzipSync],
    ["deflate", inflateSync],
  ] as const) {
    const { status, headers, body } = await post(large, { "Accept-Encoding": encoding });
    assert.equal([status, headers["content-encoding"]], [200, encoding]);
    assert.is(headers["content-type"], "application/json");
    assert.is(headers["vary"], "Accept-Encoding");
    assert.is(headers["content-length"], String(body.length));
    assert.ok(body.length < plain.body.length / 2);
    assert.equal(unpack(body), plain.body);
  }
});

test("a long binary answer is compressed, and its JSON measured unpacked", async () => {
  const body = ofSize(5000, { parameters: { binary_data_output: true } });
  const plain = await post(body);
  const packed = await post(body, { "Accept-Encoding": "gzip" });
  assert.equal([packed.status, packed.headers["content-encoding"]], [200, "gzip"]);
  assert.is(packed.headers["content-type"], "application/octet-stream");
  assert.equal(gunzipSync(packed.body), plain.body);
  const header = "inference-header-content-length";
  assert.is(packed.headers[header], plain.headers[header]);
});

test("a short answer and an error are not compressed", async () => {
  for (const body of [small, Buffer.from("[")]) {
    const { headers } = await post(body, { "Accept-Encoding": "gzip" });
    assert.equal([headers["content-encoding"], headers["vary"]], [undefined, undefined]);
  }
});

const preferences: [header: string, encoding: string][] = [
  ["", "identity"],
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["GZip", "gzip"],
  ["deflate", "deflate"],
  ["gzip, deflate, br, zstd", "gzip"],
  ["deflate, gzip", "gzip"],
  ["deflate;q=1, gzip;q=0.5", "deflate"],
  ["gzip ; q=0.2 , deflate ; q=0.1", "gzip"],
  ["br", "identity"],
  ["identity", "identity"],
  ["identity, gzip", "gzip"],
  ["identity;q=0.5, gzip;q=0.1", "identity"],
  ["gzip;q=0", "identity"],
  ["gzip;q=0, *", "deflate"],
  ["gzip;q=0.000", "identity"],
  ["*", "gzip"],
  ["*;q=0", "identity"],
  ["gzip;q=much", "identity"],
  ["gzip;q=2", "identity"],
  [",,;", "identity"],
];

for (const [header, encoding] of preferences) {
  test(`"${header}" asks for ${encoding}`, () => {
    assert.is(preferredEncoding(header), encoding);
  });
}

test.run();
