import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { connect } from "../../../server/src/database/connection.ts";
import { databaseSettings, readDatabaseSettings } from "../../../server/src/database/settings.ts";
import { DatabaseError } from "../../../server/src/database/error.ts";
import { createPostgres, type Postgres } from "../../../tools/support/postgres.ts";
import { suite } from "../../support/suite.ts";

const test = suite("connection", 60_000);

let usual: Postgres;
let elsewhere: Postgres;
let plain: Postgres;

test.before(async () => {
  [usual, elsewhere, plain] = await Promise.all([
    createPostgres(),
    createPostgres({ name: "db.elsewhere" }),
    createPostgres({ tls: false }),
  ]);
});

test.after(async () => {
  await Promise.all([usual, elsewhere, plain].map(async (postgres) => postgres.end()));
});

/** Connects; whether with TLS, or why not. */
async function attempt(uri: string, ca?: string): Promise<string> {
  try {
    const connection = await connect(databaseSettings(uri, ca), { as: "test" });
    const sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    const { rows } = await connection.query<{ ssl: boolean }>(sql);
    await connection.end();
    return rows[0]?.ssl ? "encrypted" : "plain";
  } catch (error) {
    assert.instance(error, DatabaseError);
    const { reason, message } = error as DatabaseError;
    assert.not.match(message, "p@ss");
    return `${reason}: ${message}`;
  }
}

/** A mode, and what it comes to against the four kinds of server. */
const modes: [mode: string, fits: RegExp, wrongName: RegExp, wrongCa: RegExp, noTls: RegExp][] = [
  ["", /^encrypted$/, refusedFor("altnames"), refusedFor("ca.crt"), refusedFor("speak TLS")],
  [
    "verify-full",
    /^encrypted$/,
    refusedFor("altnames"),
    refusedFor("ca.crt"),
    refusedFor("speak TLS"),
  ],
  ["verify-ca", /^encrypted$/, /^encrypted$/, refusedFor("ca.crt"), refusedFor("speak TLS")],
  ["require", /^encrypted$/, /^encrypted$/, refusedFor("ca.crt"), refusedFor("speak TLS")],
  ["no-verify", /^encrypted$/, /^encrypted$/, /^encrypted$/, refusedFor("speak TLS")],
  ["disable", /^plain$/, /^plain$/, /^plain$/, /^plain$/],
];

function refusedFor(words: string): RegExp {
  return new RegExp(`^DatabaseRefused: localhost:\\d+: .*${words}`);
}

for (const [mode, fits, wrongName, wrongCa, noTls] of modes) {
  test(`sslmode ${mode || "left out"}: a server that fits, a wrong name, a wrong authority, no TLS`, async () => {
    const query = mode && `?sslmode=${mode}`;
    assert.match(await attempt(usual.uri + query, usual.ca), fits);
    assert.match(await attempt(elsewhere.uri + query, elsewhere.ca), wrongName);
    assert.match(await attempt(usual.uri + query, elsewhere.ca), wrongCa);
    assert.match(await attempt(plain.uri + query, plain.ca), noTls);
  });
}

test("an authority that nobody knows is not trusted for want of ca.crt", async () => {
  assert.match(await attempt(usual.uri), refusedFor("ca.crt"));
  assert.is(await attempt(`${usual.uri}?sslmode=require`), "encrypted");
});

test("an address is verified as the name of the server, too", async () => {
  assert.is(await attempt(usual.uri.replace("localhost", "127.0.0.1"), usual.ca), "encrypted");
});

test("connects with what a Secret has", async () => {
  const connection = await connect(await readDatabaseSettings(usual.secret), {
    as: "demo/intent-fr",
  });
  const sql = "SELECT application_name AS name FROM pg_stat_activity WHERE pid = pg_backend_pid()";
  assert.equal((await connection.query(sql)).rows, [{ name: "demo/intent-fr" }]);
  await connection.end();
});

const refusals: [what: string, change: (uri: string) => string, sentence: RegExp][] = [
  [
    "a wrong password",
    (uri) => uri.replace(/:[^:]*@/, ":wrong@"),
    /password authentication failed .*; check the user and the password in the URI$/,
  ],
  ["no password", (uri) => uri.replace(/:[^:]*@/, "@"), /wants a password, and its URI has none/],
  [
    "an unknown user",
    (uri) => uri.replace("//app", "//nobody"),
    /; check the user and the password/,
  ],
  ["an unknown database", (uri) => uri.replace(/app$/, "shop"), /"shop" does not exist; create it/],
];

for (const [what, change, sentence] of refusals) {
  test(`${what} is refused with what to do`, async () => {
    const outcome = await attempt(change(usual.uri), usual.ca);
    assert.match(outcome, /^DatabaseRefused: /);
    assert.match(outcome, sentence);
  });
}

test("a database that is away cannot be reached, and is none that refuses", async () => {
  const settings = { as: "test", connectTimeoutMs: 300 };
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const addresses: [host: string, sentence: RegExp][] = [
    ["127.0.0.1:1", /^127.0.0.1:1: connect ECONNREFUSED/],
    ["localhost:1", /^localhost:1: connect ECONNREFUSED/],
    ["no-such-host.invalid:5432", /^no-such-host.invalid:5432: getaddrinfo/],
    [`127.0.0.1:${port}`, /: timeout expired$/],
  ];
  for (const [host, sentence] of addresses) {
    try {
      await connect(databaseSettings(`postgresql://app:x@${host}/app`), settings);
      assert.unreachable(host);
    } catch (error) {
      assert.is((error as DatabaseError).reason, "DatabaseUnreachable", String(error));
      assert.match((error as DatabaseError).message, sentence);
    }
  }
  silent.close();
});

test("a lost connection fails what was asked and nothing else", async () => {
  const connection = await connect(await readDatabaseSettings(usual.secret), { as: "test" });
  const gone = new Promise<void>((resolve) => connection.once("end", () => resolve()));
  const asked = connection.query("SELECT pg_sleep(60)").then(
    () => "answered",
    () => "failed",
  );
  await usual.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'",
  );
  assert.is(await asked, "failed");
  await gone;
});

test("a query that takes too long fails, and its connection can be destroyed", async () => {
  const settings = databaseSettings(usual.uri, readFileSync(join(usual.secret, "ca.crt"), "utf8"));
  const connection = await connect(settings, { as: "test", queryTimeoutMs: 100 });
  const gone = new Promise<void>((resolve) => connection.once("end", () => resolve()));
  const outcome = await connection.query("SELECT pg_sleep(60)").then(
    () => "answered",
    ({ message }: Error) => message,
  );
  assert.match(outcome, /timeout/);
  connection.destroy();
  await gone;
});

test.run();
