import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import * as assert from "uvu/assert";
import type { CaptureStatus } from "../../../server/src/contract/ops.ts";
import { ask } from "../../support/ask.ts";
import { grpcClient } from "../../support/grpc-client.ts";
import { withServer, type ModelServer } from "../../../tools/support/model-server.ts";
import { identity, intents, linear } from "../../../tools/support/models.ts";
import { createPostgres, type Postgres } from "../../../tools/support/postgres.ts";
import { suite } from "../../support/suite.ts";

const test = suite("capture", 60_000);

let postgres: Postgres;
let models = 0;

test.before(async () => {
  postgres = await createPostgres();
});

test.after(async () => postgres.end());

/** Lets a test use a server that captures for a model of its own, and look at the rows after it. */
async function withCapture(
  model: Uint8Array,
  use: (server: ModelServer, name: string) => Promise<void>,
  environment: Record<string, string> = {},
): Promise<string> {
  const name = `demo/model-${models++}`;
  const capture = { CAPTURE_MODEL: name, DATABASE_FOLDER: postgres.secret, ...environment };
  // Its end writes what is left.
  await withServer(model, async (server) => use(server, name), { GRPC_PORT: "0", ...capture });
  return name;
}

interface Captured {
  sentence: string | null;
  inputs: unknown;
  seen: string;
  answer: unknown;
  microseconds: string | null;
}

/** What was captured for a model, in the order of the requests. */
async function captured(name: string): Promise<Captured[]> {
  return postgres.query<Captured & Record<string, unknown>>(
    `SELECT sentence, inputs, seen, answer, microseconds
     FROM intendant.requests JOIN intendant.examples ON examples.id = example_id
     JOIN intendant.models ON models.id = requests.model_id
     WHERE models.name = $1 ORDER BY requests.id`,
    [name],
  );
}

const infer = async (server: ModelServer, body: unknown, headers: Record<string, string> = {}) =>
  ask(`${server.url}/v2/models/test/infer`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

const texts = (data: string[]) => ({
  inputs: [{ name: "sentence", datatype: "BYTES", shape: [data.length], data }],
});

test("a sentence is kept however it came, once, with each answer to it", async () => {
  const name = await withCapture(intents(), async (server) => {
    await ask(`${server.url}/api/intent?sentence=bonjour`);
    await infer(server, texts(["bonjour", "au revoir"]));
    const client = grpcClient(server.grpc);
    const contents = { bytes_contents: [Buffer.from("au revoir")] };
    await client.call("ModelInfer", {
      model_name: "test",
      inputs: [{ name: "sentence", datatype: "BYTES", shape: [1], contents }],
    });
    client.close();
  });
  const rows = await captured(name);
  const greet = {
    label: "greet",
    probability: 0.75,
    probabilities: { greet: 0.75, leave: 0.125, other: 0.125 },
  };
  assert.equal(
    rows.map(({ sentence, inputs, seen }) => [sentence, inputs, seen]),
    [
      ["bonjour", null, "2"],
      ["bonjour", null, "2"],
      ["au revoir", null, "2"],
      ["au revoir", null, "2"],
    ],
  );
  assert.equal(rows[0]?.answer, greet);
  assert.equal(rows[1]?.answer, greet);
  for (const { microseconds } of rows) assert.ok(Number(microseconds) > 0);
});

test("nothing is kept of a request that says so, however it comes", async () => {
  const headers = { "Intendant-Capture": "none" };
  const name = await withCapture(intents(), async (server) => {
    await ask(`${server.url}/api/intent?sentence=un`, { headers });
    await infer(server, texts(["deux", "trois"]), headers);
    const client = grpcClient(server.grpc);
    const contents = { bytes_contents: [Buffer.from("quatre")] };
    const question = {
      model_name: "test",
      inputs: [{ name: "sentence", datatype: "BYTES", shape: [1], contents }],
    };
    await client.call("ModelInfer", question, { metadata: { "intendant-capture": "none" } });
    await ask(`${server.url}/api/intent?sentence=cinq`);
    client.close();
    await settled(server);
    const metrics = await (await fetch(`${server.ops}/metrics`)).text();
    assert.match(metrics, /^intendant_server_captured_total 1$/m);
  });
  assert.equal(
    (await captured(name)).map(({ sentence }) => sentence),
    ["cinq"],
  );
});

test("a word about capture that nobody knows is refused, and so is none at all", async () => {
  await withServer(intents(), async (server) => {
    for (const word of ["off", ""]) {
      const headers = { "Intendant-Capture": word };
      const { status, body } = await ask(`${server.url}/api/intent?sentence=un`, { headers });
      assert.is(status, 400);
      assert.match((body as { error: string }).error, `intendant-capture is "${word}"; write none`);
    }
  });
});

test("says with which model it was answered, and counts", async () => {
  let sha256 = "";
  const name = await withCapture(intents(), async (server) => {
    sha256 = createHash("sha256").update(readFileSync(server.file)).digest("hex");
    for (const sentence of ["un", "deux", "un"]) {
      await ask(`${server.url}/api/intent?sentence=${sentence}`);
    }
  });
  const sql = `
    SELECT captured, examples, count(*), encode(model_sha256, 'hex') AS sha256
    FROM intendant.models JOIN intendant.requests ON model_id = models.id
    WHERE name = $1 GROUP BY 1, 2, 4`;
  const expected = [{ captured: "3", examples: "2", count: "3", sha256 }];
  assert.equal(await postgres.query(sql, [name]), expected);
});

test("inputs that are not one text are kept as tensors", async () => {
  const input = { name: "x", datatype: "FP32", shape: [2, 4], data: [1, 2, 3, 4, 5, 6, 7, 8] };
  const name = await withCapture(linear(), async (server) => {
    await infer(server, { inputs: [input] });
    await infer(server, { inputs: [input] });
  });
  const output = { name: "y", datatype: "FP32", shape: [2, 3], data: [15, 26, 37, 23, 34, 45] };
  const rows = await captured(name);
  assert.is(rows.length, 2);
  assert.equal(rows[0]?.inputs, [input]);
  assert.equal(rows[0]?.answer, [output]);
  assert.is(rows[0]?.sentence, null);
  assert.is(rows[0]?.seen, "2");
});

test("64 bit integers keep all their digits", async () => {
  const name = await withCapture(identity("int64"), async (server) => {
    const body = `{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[9007199254740993]}]}`;
    await ask(`${server.url}/v2/models/test/infer`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    });
  });
  const sql = `
    SELECT inputs #>> '{0,data,0}' AS kept FROM intendant.examples
    JOIN intendant.models ON models.id = model_id WHERE name = $1`;
  assert.equal(await postgres.query(sql, [name]), [{ kept: "9007199254740993" }]);
});

test("only the fields that are asked for are kept", async () => {
  const use = async (server: ModelServer) => {
    await ask(`${server.url}/api/intent?sentence=bonjour`);
  };
  const [nothing] = await captured(await withCapture(intents(), use, { CAPTURE_FIELDS: "none" }));
  assert.equal([nothing?.answer, nothing?.microseconds], [null, null]);
  const [answer] = await captured(await withCapture(intents(), use, { CAPTURE_FIELDS: "Answer" }));
  assert.is((answer?.answer as { label: string } | undefined)?.label, "greet");
  assert.is(answer?.microseconds, null);
});

test("a sample is a share of the requests", async () => {
  const name = await withCapture(
    intents(),
    async (server) => {
      for (let turn = 0; turn < 10; turn++) {
        await Promise.all(
          Array.from({ length: 100 }, async () => ask(`${server.url}/api/intent?sentence=un`)),
        );
      }
    },
    { CAPTURE_SAMPLE: "0.2" },
  );
  // Less than one in a billion times it is outside of this.
  const rows = (await captured(name)).length;
  assert.ok(rows > 120 && rows < 290, `${rows} of 1000`);
});

test("a request that was not answered with success is not kept", async () => {
  const name = await withCapture(intents(), async (server) => {
    assert.is((await ask(`${server.url}/api/intent`)).status, 400);
    assert.is((await infer(server, texts(["a\0b"]))).status, 400);
  });
  assert.equal(await captured(name), []);
});

test("what identifies people is taken out before it is hashed and written", async () => {
  const name = await withCapture(intents(), async (server) => {
    for (const number of ["06 12 34 56 78", "07 98 76 54 32"]) {
      await ask(`${server.url}/api/intent?sentence=${encodeURIComponent(`appelle le ${number}`)}`);
    }
  });
  assert.equal(
    (await captured(name)).map(({ sentence, seen }) => [sentence, seen]),
    [
      ["appelle le [phone]", "2"],
      ["appelle le [phone]", "2"],
    ],
  );
});

test("texts are kept as they are where nothing is to be taken out", async () => {
  const sentence = "écris à a@b.fr ou au 0612345678";
  const name = await withCapture(
    intents(),
    async (server) => void (await infer(server, texts([sentence]))),
    { CAPTURE_REDACT: "none" },
  );
  assert.is((await captured(name))[0]?.sentence, sentence);
});

const hostile = [
  "'; DROP TABLE intendant.examples; --",
  `"double" 'single' \`back\` \\ \\' $1 $$ {} {"a"} ,`,
  "NULL",
  "",
  " \t\r\n ",
  "🙂👩‍👩‍👧‍👦 e\u0301 é",
  "שלום مرحبا \u202Eabc",
  "\u0001\u007F\uFFFE\u{10FFFF}",
  "x".repeat(1_000_000),
  "🙂".repeat(200_000),
];

test("hostile texts are kept to the byte", async () => {
  const name = await withCapture(
    intents(),
    async (server) => {
      assert.is((await infer(server, texts(hostile))).status, 200);
      for (const text of hostile) assert.is((await infer(server, texts([text]))).status, 200);
    },
    { CAPTURE_REDACT: "none" },
  );
  const rows = await captured(name);
  assert.equal(
    rows.map(({ sentence }) => sentence),
    [...hostile, ...hostile],
  );
  const sql = `
    SELECT count(*)::integer AS wrong FROM intendant.examples
    WHERE sentence IS NOT NULL AND sha256 <> sha256(convert_to(sentence, 'UTF8'))`;
  assert.equal(await postgres.query(sql), [{ wrong: 0 }]);
});

test("a row that is too large is dropped and counted, and those beside it are kept", async () => {
  const name = await withCapture(intents(), async (server) => {
    const [large, larger] = ["é".repeat(600_000), "x".repeat(1_100_000)];
    for (const data of [[larger], ["petit", large, larger]]) {
      assert.is((await infer(server, texts(data))).status, 200);
    }
    await settled(server);
    const metrics = await fetch(`${server.ops}/metrics`).then(async (answer) => answer.text());
    assert.match(metrics, /intendant_server_capture_dropped_total\{reason="large"\} 3\n/);
    assert.match(metrics, /intendant_server_captured_total 1\n/);
  });
  assert.equal(
    (await captured(name)).map(({ sentence }) => sentence),
    ["petit"],
  );
});

/** Resolves when so many rows wait to be written. */
async function waiting(server: ModelServer, rows: number): Promise<void> {
  for (;;) {
    const metrics = await fetch(`${server.ops}/metrics`).then(async (answer) => answer.text());
    if (metrics.includes(`intendant_server_capture_waiting ${rows}\n`)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const settled = async (server: ModelServer) => waiting(server, 0);

async function status(server: ModelServer): Promise<CaptureStatus> {
  return (await ask(`${server.ops}/capture`)).body as CaptureStatus;
}

test("tells the operator how it stands, and how much traffic there is", async () => {
  await withCapture(intents(), async (server, name) => {
    await ask(`${server.url}/api/intent?sentence=un`);
    await ask(`${server.url}/api/intent?sentence=deux`);
    for (const path of ["/api/health", "/v2/health/ready", "/v2/models/test/ready", "/api/docs"]) {
      assert.is((await fetch(server.url + path)).status, 200);
    }
    await settled(server);
    const sql = `
      INSERT INTO intendant.annotators (model_id, sha256, labels, enriched, pending)
      SELECT id, '\\xab', '{a}', 5, 7 FROM intendant.models WHERE name = $1 RETURNING id`;
    const [row] = await postgres.query<{ id: number }>(sql, [name]);
    const batch = "INSERT INTO intendant.batches (annotator_id, rows, seconds) VALUES ($1, 120, 1)";
    await postgres.query(batch, [row?.id]);
    assert.equal(await status(server), {
      state: "Connected",
      dropped: 0,
      captured: 2,
      sentences: 2,
      annotators: [{ sha256: "ab", enriched: 5, pending: 7, rate: 2, active: true }],
    });
    const traffic = (await ask(`${server.ops}/traffic`)).body as Record<string, number>;
    assert.is(traffic["requests"], 2);
    assert.ok((traffic["uptimeSeconds"] ?? 0) > 0);
  });
});

test("a thread that ends is started again, and what it had is counted", async () => {
  let worker: Worker | undefined;
  let dropped = 0;
  process.once("worker", (started) => (worker = started));
  const name = await withCapture(intents(), async (server) => {
    await postgres.stop();
    // As many as are given to it at once, and it cannot write them.
    for (let turn = 0; turn < 64; turn++) await ask(`${server.url}/api/intent?sentence=perdu`);
    await worker?.terminate();
    await postgres.start();
    assert.is((await ask(`${server.url}/api/intent?sentence=gardé`)).status, 200);
    await settled(server);
    const { state, dropped: rows } = await status(server);
    assert.is(state, "Connected");
    dropped = rows;
    const [line] = server.log.filter(({ level }) => level === "error");
    assert.match(String(line?.msg), /^The thread that writes ended: .*; starting it again$/);
  });
  const rows = await captured(name);
  assert.ok(dropped > 0);
  assert.is(rows.length + dropped, 65);
  assert.is(rows.at(-1)?.sentence, "gardé");
});

test("without CAPTURE_MODEL there is nothing to tell", async () => {
  await withServer(intents(), async (server) => {
    const { status, body } = await ask(`${server.ops}/capture`);
    assert.is(status, 404);
    assert.match((body as { error: string }).error, /set CAPTURE_MODEL/);
    const metrics = await fetch(`${server.ops}/metrics`).then(async (answer) => answer.text());
    assert.not.match(metrics, "capture");
  });
});

test("new sentences are queued for each annotator, and those that are known are not", async () => {
  await withCapture(intents(), async (server, name) => {
    await ask(`${server.url}/api/intent?sentence=avant`);
    await settled(server);
    const sql = `
      INSERT INTO intendant.annotators (model_id, sha256, labels)
      SELECT id, sha256, '{a}' FROM intendant.models, unnest(ARRAY['\\xa1', '\\xa2']::bytea[]) AS sha256
      WHERE name = $1`;
    await postgres.query(sql, [name]);
    await infer(server, texts(["avant", "après", "après", "ensuite"]));
    await settled(server);
    const queue = `
      SELECT encode(a.sha256, 'hex') AS annotator, a.pending, array_agg(sentence ORDER BY sentence) AS sentences
      FROM intendant.pending JOIN intendant.examples AS e ON e.id = example_id
      JOIN intendant.annotators AS a ON a.id = annotator_id
      JOIN intendant.models AS m ON m.id = a.model_id WHERE m.name = $1 GROUP BY 1, 2 ORDER BY 1`;
    const sentences = ["après", "ensuite"];
    assert.equal(await postgres.query(queue, [name]), [
      { annotator: "a1", pending: "2", sentences },
      { annotator: "a2", pending: "2", sentences },
    ]);
  });
});

test.run();
