import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import * as assert from "uvu/assert";
import { readFetchConfig } from "../../../server/src/fetch/config.ts";
import type { Environment } from "../../../server/src/process/environment.ts";
import type { Patience } from "../../../server/src/fetch/download.ts";
import { FetchError } from "../../../server/src/fetch/errors.ts";
import { provide } from "../../../server/src/fetch/provide.ts";
import { suite } from "../../support/suite.ts";
import { answers, fileServer, serves, type Behaviour, type FileServer } from "./file-server.ts";

const test = suite("fetch");

const file = randomBytes(500_000);
const other = randomBytes(500_000);
const sha256 = createHash("sha256").update(file).digest("hex");
const impatient: Patience = { idleTimeoutMs: 300, pausesMs: [1, 1, 1], longestPauseMs: 5 };

interface World {
  server: FileServer;
  folder: string;
  path: string;
  /** What was logged. */
  log: { msg: string; retryInMs?: number }[];
  /** Runs the fetcher, which finds what an earlier run left. */
  fetch: (environment?: Environment) => Promise<{ bytes: number; sha256: string }>;
}

/** A server and a folder for one test. */
async function withServer(behaviours: Behaviour[], use: (world: World) => Promise<void>) {
  const server = await fileServer(...behaviours);
  const folder = mkdtempSync(join(tmpdir(), "intendant-fetch-"));
  const path = join(folder, "model.onnx");
  const log: World["log"] = [];
  const logger = pino({}, { write: (line) => void log.push(JSON.parse(line)) });
  const fetch: World["fetch"] = (environment = {}) => {
    const settings = {
      MODEL_PATH: path,
      MODEL_SHA256: sha256,
      MODEL_URL: server.url,
      MODEL_MAX_BYTES: "1000000",
    };
    return provide(readFetchConfig({ ...settings, ...environment }), logger, impatient);
  };
  try {
    await use({ server, folder, path, log, fetch });
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

/** The failure that a run ends with. */
async function failure(run: Promise<unknown>): Promise<FetchError> {
  try {
    await run;
  } catch (error) {
    assert.instance(error, FetchError);
    return error as FetchError;
  }
  return assert.unreachable("nothing failed") as never;
}

const isThere = ({ folder, path }: World) => {
  assert.equal(readdirSync(folder), ["model.onnx"]);
  assert.ok(readFileSync(path).equals(file));
};

test("brings a file, and says what it brought", async () => {
  await withServer([serves(file)], async (world) => {
    const { bytes, sha256: found } = await world.fetch();
    assert.equal([bytes, found], [file.length, sha256]);
    isThere(world);
    assert.is(world.server.requests[0]?.range, undefined);
    assert.is(world.server.requests[0]?.["accept-encoding"], "identity");
  });
});

test("brings nothing that is there already", async () => {
  await withServer([serves(file)], async (world) => {
    await world.fetch();
    await world.fetch();
    isThere(world);
    assert.is(world.server.requests.length, 1);
  });
});

test("goes on where a transfer broke off, as long as it is the same file", async () => {
  await withServer([serves(file, { breakAfter: 200_000 })], async (world) => {
    await world.fetch();
    isThere(world);
    const ranges = world.server.requests.map(({ range, "if-range": same }) => [range, same]);
    assert.equal(ranges[0], [undefined, undefined]);
    assert.ok(ranges.length >= 3, `there were ${ranges.length} requests`);
    for (const [range, same] of ranges.slice(1)) {
      assert.match(String(range), /^bytes=[1-9]\d*-$/);
      assert.is(same, '"1"');
    }
  });
});

test("goes on by the time of the last change where there is no ETag", async () => {
  const lastModified = "Wed, 21 Oct 2026 07:28:00 GMT";
  const behaviour = serves(file, { etag: undefined, lastModified, breakAfter: 300_000 });
  await withServer([behaviour], async (world) => {
    await world.fetch();
    isThere(world);
    assert.is(world.server.requests[1]?.["if-range"], lastModified);
  });
});

test("goes on in another process after the first one gave up", async () => {
  const down = answers(503);
  const behaviours = [serves(file, { breakAfter: 300_000 }), down, down, down, down, serves(file)];
  await withServer(behaviours, async (world) => {
    await failure(world.fetch());
    const before = world.server.requests.length;
    await world.fetch();
    isThere(world);
    assert.match(world.server.requests[before]?.range ?? "", /^bytes=[1-9]\d*-$/);
  });
});

const anew: [title: string, then: Behaviour[]][] = [
  ["a server that knows no parts", [serves(file, { ranges: false })]],
  ["a server that has another file by now", [serves(file, { etag: '"2"' })]],
  [
    "a server that sends another part than was asked for",
    [
      answers(206, { "Content-Range": `bytes 7-${file.length - 1}/${file.length}`, ETag: '"1"' }),
      serves(file),
    ],
  ],
  [
    "a server that sends a part of another file",
    [
      ({ headers }, response) => {
        const start = Number(/\d+/.exec(headers.range ?? ""));
        response
          .writeHead(206, { "Content-Range": `bytes ${start}-499999/500000`, ETag: '"2"' })
          .end(other.subarray(start));
      },
      serves(file),
    ],
  ],
  [
    "a server that knows no such part",
    [answers(416, { "Content-Range": "bytes */10" }), serves(file)],
  ],
];
for (const [title, then] of anew) {
  test(`starts over with ${title}`, async () => {
    const first = serves(title.includes("by now") ? other : file, { breakAfter: 200_000 });
    await withServer([first, ...then], async (world) => {
      await world.fetch();
      isThere(world);
    });
  });
}

test("starts over where nothing says that it is the same file", async () => {
  const behaviours = [serves(file, { etag: undefined, breakAfter: 200_000 }), serves(file)];
  await withServer(behaviours, async (world) => {
    await world.fetch();
    isThere(world);
    assert.is(world.server.requests[1]?.range, undefined);
  });
});

test("takes no weak ETag for the same file", async () => {
  const behaviours = [serves(file, { etag: 'W/"1"', breakAfter: 200_000 }), serves(file)];
  await withServer(behaviours, async (world) => {
    await world.fetch();
    assert.is(world.server.requests[1]?.range, undefined);
  });
});

const passing: [title: string, behaviour: Behaviour][] = [
  ["an error of the server", answers(500)],
  ["a server that is busy", answers(503, { "Retry-After": "1" })],
  ["too many requests", answers(429)],
  ["a connection that is closed", (_request, response) => void response.destroy()],
  ["a server that never answers", () => {}],
  [
    "a server that falls silent",
    (_request, response) => void response.writeHead(200, { "Content-Length": 500_000 }).write("x"),
  ],
  ["what is no HTTP", ({ socket }) => void socket.end("220 ready\r\n")],
];
for (const [title, behaviour] of passing) {
  test(`tries again after ${title}`, async () => {
    await withServer([behaviour, behaviour, serves(file)], async (world) => {
      await world.fetch();
      isThere(world);
      assert.is(world.server.requests.length, 3);
      assert.is(world.log.length, 2);
    });
  });

  test(`gives up after ${title} again and again`, async () => {
    await withServer([behaviour], async (world) => {
      const { message, reason } = await failure(world.fetch());
      assert.is(reason, "ModelFetchFailed");
      assert.match(message, "4 attempts in a row failed");
      assert.is(world.server.requests.length, 4);
    });
  });
}

test("waits as long as a server asks for, up to a limit", async () => {
  const busy = (seconds: string) => answers(503, { "Retry-After": seconds });
  await withServer([busy("0"), busy("3600"), serves(file)], async (world) => {
    await world.fetch();
    assert.equal(
      world.log.map(({ retryInMs }) => retryInMs),
      [1, 5],
    );
  });
});

test("tries again while nobody listens", async () => {
  await withServer([serves(file)], async (world) => {
    world.server.close();
    const { message } = await failure(world.fetch());
    assert.match(message, /cannot be reached: .*ECONNREFUSED/);
    assert.is(world.log.length, 3);
  });
});

const final: [status: number, remedy: RegExp][] = [
  [400, /correct the address$/],
  [401, /correct the header with the credentials$/],
  [403, /correct the header with the credentials, or write a link that is still valid$/],
  [404, /correct the address, or put the file there$/],
  [410, /correct the address, or put the file there$/],
];
for (const [status, remedy] of final) {
  test(`does not try again after ${status}`, async () => {
    await withServer([answers(status)], async (world) => {
      const { message } = await failure(world.fetch());
      assert.match(message, `answered ${status}; `);
      assert.match(message, remedy);
      assert.is(world.server.requests.length, 1);
    });
  });
}

test("leaves nothing of a file with another digest", async () => {
  await withServer([serves(other)], async (world) => {
    const { message, reason } = await failure(world.fetch());
    assert.is(reason, "DigestMismatch");
    assert.match(message, sha256);
    assert.equal(readdirSync(world.folder), []);
  });
});

test("leaves nothing of a file that was there with another digest", async () => {
  await withServer([serves(other)], async (world) => {
    writeFileSync(world.path, other);
    await failure(world.fetch());
    assert.equal(readdirSync(world.folder), []);
  });
});

test("takes no file that is longer than its server said", async () => {
  const lie: Behaviour = (_request, { socket }) =>
    void socket?.end(
      Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), file]),
    );
  await withServer([lie], async (world) => {
    assert.is((await failure(world.fetch())).reason, "DigestMismatch");
    assert.equal(readdirSync(world.folder), []);
  });
});

test("takes no file that is shorter than its server said", async () => {
  const lie: Behaviour = (_request, response) =>
    void response
      .writeHead(200, { "Content-Length": 600_000 })
      .write(file, () => response.destroy());
  await withServer([lie], async (world) => {
    assert.match((await failure(world.fetch())).message, "broke off");
    assert.not(readdirSync(world.folder).includes("model.onnx"));
  });
});

test("refuses a file that says it is too large, before a byte of it", async () => {
  await withServer([serves(file)], async (world) => {
    const { message } = await failure(world.fetch({ MODEL_MAX_BYTES: "499999" }));
    assert.match(message, "more than the 499999 bytes that are allowed");
    assert.equal(readdirSync(world.folder), []);
  });
});

test("stops a file that does not say how large it is", async () => {
  const endless: Behaviour = (_request, response) => {
    const more = () => void (response.destroyed || response.write(other, more));
    more();
  };
  await withServer([endless], async (world) => {
    const { message } = await failure(world.fetch());
    assert.match(message, "more than the 1000000 bytes that are allowed");
    assert.equal(readdirSync(world.folder), []);
  });
});

test("takes no file in another encoding", async () => {
  await withServer([answers(200, { "Content-Encoding": "gzip" })], async (world) => {
    assert.match((await failure(world.fetch())).message, "with Content-Encoding gzip");
  });
});

const secret = { MODEL_HEADER_NAME: "Authorization", MODEL_HEADER_VALUE: "Bearer s3cret\n" };
const redirect = (location: string) => answers(302, { Location: location });

test("sends the secret header", async () => {
  await withServer([redirect("/elsewhere"), serves(file)], async (world) => {
    await world.fetch(secret);
    isThere(world);
    const sent = world.server.requests.map(({ authorization }) => authorization);
    assert.equal(sent, ["Bearer s3cret", "Bearer s3cret"]);
  });
});

test("never sends the secret header to another origin", async () => {
  const elsewhere = await fileServer(serves(file));
  try {
    await withServer([redirect(elsewhere.url.replace("//", "//me:pass@"))], async (world) => {
      await world.fetch(secret);
      isThere(world);
      assert.is(world.server.requests[0]?.authorization, "Bearer s3cret");
      assert.is(elsewhere.requests[0]?.authorization, undefined);
    });
  } finally {
    elsewhere.close();
  }
});

test("never shows the header or the query of the address", async () => {
  await withServer([answers(403)], async (world) => {
    const url = `${world.server.url}?signature=hidden`;
    const { message } = await failure(world.fetch({ ...secret, MODEL_URL: url }));
    assert.match(message, `${world.server.url} answered 403`);
    assert.not.match(message + JSON.stringify(world.log), /hidden|s3cret/);
  });
});

test("does not follow redirects for ever", async () => {
  await withServer([redirect("/again")], async (world) => {
    const { message } = await failure(world.fetch());
    assert.match(message, "redirects more than 5 times");
    assert.is(world.server.requests.length, 6);
  });
});

for (const target of ["ftp://somewhere/model.onnx", "file:///etc/passwd", "http://"]) {
  test(`does not follow a redirect to ${target}`, async () => {
    await withServer([redirect(target)], async (world) => {
      assert.match((await failure(world.fetch())).message, "redirects to no address of HTTP");
    });
  });
}

test("says that a port speaks no TLS", async () => {
  const plain = createServer((socket) => void socket.on("error", () => {}).end("hello\n"));
  plain.listen(0, "127.0.0.1");
  try {
    await withServer([], async (world) => {
      const { port } = plain.address() as { port: number };
      const url = `https://127.0.0.1:${port}/`;
      assert.match((await failure(world.fetch({ MODEL_URL: url }))).message, "cannot be reached");
    });
  } finally {
    plain.close();
  }
});

test("only verifies where there is no address", async () => {
  await withServer([], async (world) => {
    const here: Environment = { MODEL_URL: "" };
    assert.is((await failure(world.fetch(here))).reason, "ModelNotFound");
    writeFileSync(world.path, other);
    assert.is((await failure(world.fetch(here))).reason, "DigestMismatch");
    assert.ok(readFileSync(world.path).equals(other), "what others own is left alone");
    writeFileSync(world.path, file);
    assert.is((await world.fetch(here)).bytes, file.length);
    const folder = await failure(world.fetch({ ...here, MODEL_PATH: world.folder }));
    assert.match(folder.message, "is a folder");
    assert.is(world.server.requests.length, 0);
  });
});

test.run();
