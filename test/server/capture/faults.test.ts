import { once } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { DropReason } from "../../../server/src/capture/messages.ts";
import type { CaptureStatus } from "../../../server/src/contract/ops.ts";
import { ask, post } from "../../support/ask.ts";
import { intents } from "../../../tools/support/models.ts";
import { createPostgres, type Postgres } from "../../../tools/support/postgres.ts";
import { serverProcess, type ServerProcess } from "../../../tools/support/server-process.ts";
import { suite } from "../../support/suite.ts";

const test = suite("faults", 120_000);

let postgres: Postgres;
let folder: string;
let models = 0;

test.before(async () => {
  postgres = await createPostgres();
  folder = mkdtempSync(join(tmpdir(), "intendant-faults-"));
  writeFileSync(join(folder, "test.onnx"), intents());
});

test.after(async () => {
  await postgres.end();
  rmSync(folder, { recursive: true });
});

interface Capturing extends ServerProcess {
  model: string;
}

async function capturing(environment: Record<string, string> = {}): Promise<Capturing> {
  const model = `demo/faults-${models++}`;
  const server = await serverProcess({
    MODEL_PATH: join(folder, "test.onnx"),
    DRAIN_SECONDS: "0",
    CAPTURE_MODEL: model,
    DATABASE_FOLDER: postgres.secret,
    ...environment,
  });
  await server.logged("Serving");
  return { ...server, model };
}

async function status({ ops }: ServerProcess): Promise<CaptureStatus> {
  return (await ask(`${ops}/capture`)).body as CaptureStatus;
}

/** Resolves when the server says this of its database. */
async function reached(server: ServerProcess, state: CaptureStatus["state"]): Promise<string> {
  for (;;) {
    const { state: current, message = "" } = await status(server);
    if (current === state) return message;
    await pause();
  }
}

const pause = async () => new Promise((resolve) => setTimeout(resolve, 20));

interface Counts {
  written: number;
  waiting: number;
  dropped: Partial<Record<DropReason, number>>;
}

async function counts({ ops }: ServerProcess): Promise<Counts> {
  const text = await fetch(`${ops}/metrics`).then(async (answer) => answer.text());
  const value = (name: string) =>
    Number(new RegExp(`^intendant_server_${name} (\\d+)$`, "m").exec(text)?.[1] ?? NaN);
  const dropped = text.matchAll(
    /^intendant_server_capture_dropped_total\{reason="(\w+)"\} (\d+)$/gm,
  );
  return {
    written: value("captured_total"),
    waiting: value("capture_waiting"),
    dropped: Object.fromEntries(Array.from(dropped, ([, reason, rows]) => [reason, Number(rows)])),
  };
}

async function settled(server: ServerProcess): Promise<Counts> {
  for (;;) {
    const now = await counts(server);
    if (now.waiting === 0) return now;
    await pause();
  }
}

async function rowsOf({ model }: Capturing): Promise<{ requests: number; captured: number }> {
  const sql = `
    SELECT captured::integer, (SELECT count(*)::integer FROM intendant.requests WHERE model_id = models.id) AS requests
    FROM intendant.models WHERE name = $1`;
  const [row] = await postgres.query<{ requests: number; captured: number }>(sql, [model]);
  return row ?? { requests: 0, captured: 0 };
}

/** Clients that ask one question after the other, as fast as they are answered. */
class Load {
  answers = 0;
  failures: string[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: Promise<void>[];
  #isOver = false;

  constructor(url: string) {
    this.#clients = Array.from({ length: 4 }, async (_, client) => this.#client(url, client));
  }

  async more(answers: number): Promise<void> {
    const goal = this.answers + answers;
    while (this.answers < goal && this.failures.length === 0) await pause();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #client(url: string, client: number): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const sentence = `phrase ${client} ${turn % 100}`;
      try {
        const address = `${url}/api/intent?sentence=${encodeURIComponent(sentence)}`;
        const outgoing = request(address, { agent: this.#agent }).end();
        const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
        incoming.resume();
        await once(incoming, "end");
        if (incoming.statusCode !== 200) this.failures.push(String(incoming.statusCode));
      } catch (error) {
        this.failures.push(String(error));
      }
      this.answers += 1;
      // So that a buffer of the usual size outlasts what is done to the database.
      await pause();
    }
  }
}

const faults: [what: string, harm: () => Promise<void>, mend: () => Promise<void>][] = [
  ["stopped and started", async () => postgres.stop(), async () => postgres.start()],
  ["killed and started", async () => postgres.kill(), async () => postgres.start()],
  [
    "made to end every connection",
    async () => {
      await postgres.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'",
      );
    },
    async () => undefined,
  ],
];

for (const [what, harm, mend] of faults) {
  test(`a database that is ${what} under load: no request fails, and every row is written once`, async () => {
    const server = await capturing();
    await reached(server, "Connected");
    const load = new Load(server.url);
    for (let turn = 0; turn < 3; turn++) {
      await load.more(200);
      await harm();
      await load.more(200);
      await mend();
    }
    await reached(server, "Connected");
    await load.more(100);
    await load.end();
    assert.equal(load.failures, []);
    const { written, dropped } = await settled(server);
    assert.equal(dropped, {});
    assert.is(written, load.answers);
    assert.equal(await rowsOf(server), { requests: load.answers, captured: load.answers });
    server.kill("SIGTERM");
    assert.is(await server.ended, 0);
  });
}

const infer = async ({ url }: ServerProcess, rows: number) => {
  const data = Array.from({ length: rows }, (_, index) => `ligne ${index}`);
  const inputs = [{ name: "sentence", datatype: "BYTES", shape: [rows], data }];
  return post(`${url}/v2/models/test/infer`, { inputs });
};

test("what there is no room for is dropped and counted, and the rest is written", async () => {
  const server = await capturing();
  await reached(server, "Connected");
  await postgres.stop();
  for (let turn = 0; turn < 25; turn++) assert.is((await infer(server, 1000)).status, 200);
  const { waiting, dropped } = await counts(server);
  assert.equal({ waiting, dropped }, { waiting: 20_000, dropped: { full: 5000 } });
  await reached(server, "DatabaseUnreachable");
  await postgres.start();
  assert.is((await settled(server)).written, 20_000);
  assert.equal(await rowsOf(server), { requests: 20_000, captured: 20_000 });
  const told = server.log.filter(({ msg }) => msg.includes("there was no room left"));
  assert.is(told.length, 1);
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
  await server.logged("Some captured requests were never written");
});

test("the end of a server writes what is left", async () => {
  const server = await capturing();
  await reached(server, "Connected");
  await infer(server, 2500);
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
  assert.equal(await rowsOf(server), { requests: 2500, captured: 2500 });
});

for (const [what, harm, mend] of [
  ["away", async () => postgres.stop(), async () => postgres.start()],
  ["frozen", async () => freeze("SIGSTOP"), async () => freeze("SIGCONT")],
] as const) {
  test(`the end of a server waits for no database that is ${what}, and says what is lost`, async () => {
    const server = await capturing();
    await reached(server, "Connected");
    await harm();
    await infer(server, 10);
    server.kill("SIGTERM");
    assert.is(await server.ended, 0);
    const { rows } = await server.logged("Some captured requests were never written");
    assert.is(rows, 10);
    await mend();
    assert.is((await rowsOf(server)).requests, 0);
  });
}

/** Stops or continues every process of the database: its connections stay, and nobody answers. */
async function freeze(signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
  postgres.signal(signal);
  await pause();
}

const refusals: [what: string, harm: string, mend: string, sentence: RegExp][] = [
  [
    "is only read",
    "ALTER ROLE app SET default_transaction_read_only = on",
    "ALTER ROLE app RESET default_transaction_read_only",
    /read-only transaction; the URI leads to a replica/,
  ],
  [
    "has a full disk",
    `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;
     CREATE TRIGGER full_disk BEFORE INSERT ON intendant.requests EXECUTE FUNCTION full_disk()`,
    "DROP FUNCTION full_disk CASCADE",
    /No space left on device; its disk is full/,
  ],
  [
    "was taken the schema from",
    "DROP SCHEMA intendant CASCADE; ALTER DATABASE app OWNER TO admin",
    "ALTER DATABASE app OWNER TO app",
    /permission denied for database app; give the role the rights/,
  ],
];

for (const [what, harm, mend, sentence] of refusals) {
  test(`a database that ${what}: no request fails, and the rows come when it takes them`, async () => {
    const server = await capturing();
    await reached(server, "Connected");
    await postgres.query(harm);
    // A setting of a role is for its next connections.
    await postgres.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'",
    );
    assert.is((await infer(server, 10)).status, 200);
    assert.match(await reached(server, "DatabaseRefused"), sentence);
    assert.is((await infer(server, 10)).status, 200);
    await postgres.query(mend);
    assert.is((await settled(server)).written, 20);
    await reached(server, "Connected");
    assert.equal(await rowsOf(server), { requests: 20, captured: 20 });
    server.kill("SIGTERM");
    assert.is(await server.ended, 0);
  });
}

test("a Secret that comes later, and one that is put right, are found", async () => {
  const secret = join(folder, "later");
  const server = await capturing({ DATABASE_FOLDER: secret });
  assert.match(
    await reached(server, "SecretMissing"),
    /does not exist, or the URI is empty; create it/,
  );
  await infer(server, 1);
  const put = (uri: string) => {
    mkdirSync(secret, { recursive: true });
    writeFileSync(join(secret, "ca.crt"), postgres.ca);
    writeFileSync(join(secret, "new"), uri);
    renameSync(join(secret, "new"), join(secret, "uri"));
  };
  put(postgres.uri.replace(/:[^:]*@/, ":wrong@"));
  assert.match(await reached(server, "DatabaseRefused"), /check the user and the password/);
  put(postgres.uri);
  await reached(server, "Connected");
  assert.is((await settled(server)).written, 1);
  assert.not.match(JSON.stringify(server.log), "p@ss");
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
});

test("the log says once that a connection is less than safe", async () => {
  const secret = join(folder, "weak");
  mkdirSync(secret);
  writeFileSync(join(secret, "uri"), `${postgres.uri}?sslmode=disable`);
  const server = await capturing({ DATABASE_FOLDER: secret });
  await reached(server, "Connected");
  await postgres.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'",
  );
  await reached(server, "DatabaseUnreachable");
  await reached(server, "Connected");
  const told = server.log.filter(({ msg }) => msg.includes("is not encrypted"));
  assert.is(told.length, 1);
  server.kill("SIGTERM");
  assert.is(await server.ended, 0);
});

test.run();
