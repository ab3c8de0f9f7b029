import * as assert from "uvu/assert";
import { connect, type Connection } from "../../../server/src/database/connection.ts";
import { migrate, migrations, type Migration } from "../../../server/src/database/migrations.ts";
import { readDatabaseSettings } from "../../../server/src/database/settings.ts";
import { createPostgres, type Postgres } from "../../../tools/support/postgres.ts";
import { suite } from "../../support/suite.ts";

const test = suite("migrations", 60_000);

let postgres: Postgres;
let databases = 0;

test.before(async () => {
  postgres = await createPostgres();
});

test.after(async () => postgres.end());

/** Lets a test connect to an empty database. */
async function withDatabase(
  use: (open: () => Promise<Connection>, name: string) => Promise<void>,
): Promise<void> {
  const name = `test${databases++}`;
  await postgres.query(`CREATE DATABASE ${name} OWNER app`, [], "postgres");
  const open: Connection[] = [];
  try {
    await use(async () => {
      const settings = await readDatabaseSettings(postgres.secret);
      const connection = await connect({ ...settings, database: name }, { as: "test" });
      open.push(connection);
      return connection;
    }, name);
  } finally {
    await Promise.all(open.map(async (connection) => connection.end()));
  }
}

const applied = "SELECT version, name FROM intendant.migrations ORDER BY version";

for (const many of [2, 10]) {
  test(`${many} at once make the schema once`, async () => {
    await withDatabase(async (open, name) => {
      const connections = await Promise.all(Array.from({ length: many }, open));
      const steps = await Promise.all(connections.map(async (connection) => migrate(connection)));
      assert.equal(steps.toSorted((a, b) => b - a)[0], migrations.length);
      assert.is(
        steps.reduce((sum, done) => sum + done),
        migrations.length,
      );
      const rows = migrations.map((step, index) => ({ version: index + 1, name: step.name }));
      assert.equal(await postgres.query(applied, [], name), rows);
      assert.is(await migrate(connections[0] as Connection), 0);
    });
  });
}

const first: Migration = { name: "one", sql: "CREATE TABLE intendant.one ()" };
const second: Migration = { name: "two", sql: "CREATE TABLE intendant.two ()" };
const broken: Migration = { name: "broken", sql: "CREATE TABLE intendant.one ()" };

test("only what is missing is done", async () => {
  await withDatabase(async (open, name) => {
    const connection = await open();
    assert.is(await migrate(connection, [first]), 1);
    assert.is(await migrate(connection, [first, second]), 1);
    assert.equal(await postgres.query(applied, [], name), [
      { version: 1, name: "one" },
      { version: 2, name: "two" },
    ]);
  });
});

test("a step that fails leaves nothing of the others, and the connection as it was", async () => {
  await withDatabase(async (open) => {
    const connection = await open();
    const outcome = await migrate(connection, [first, broken]).catch((error: Error) => error);
    assert.match(String(outcome), /relation "one" already exists/);
    const sql = "SELECT to_regclass('intendant.migrations') AS found";
    assert.equal((await connection.query(sql)).rows, [{ found: null }]);
    assert.is(await migrate(connection, [first, second]), 2);
  });
});

test("a database that is newer is left alone", async () => {
  await withDatabase(async (open) => {
    const connection = await open();
    await migrate(connection, [first, second]);
    const outcome = await migrate(connection, [first]).catch((error: Error) => error);
    assert.match(String(outcome), /has version 2 of the schema, and this server knows 1; use the/);
    assert.is(await migrate(connection, [first, second]), 0);
  });
});

test("a role that may not create schemas uses the one that was made for it", async () => {
  await withDatabase(async (_, name) => {
    await postgres.query(`ALTER DATABASE ${name} OWNER TO admin`, [], "postgres");
    const settings = { ...(await readDatabaseSettings(postgres.secret)), database: name };
    const connection = await connect(settings, { as: "test" });
    const outcome = await migrate(connection).catch((error: Error) => error);
    assert.match(String(outcome), /permission denied for database/);
    await postgres.query("CREATE SCHEMA intendant AUTHORIZATION app", [], name);
    assert.is(await migrate(connection), migrations.length);
    await connection.end();
  });
});

test("deleting a model takes everything with it, by indexes alone", async () => {
  await withDatabase(async (open, name) => {
    await migrate(await open());
    const sql = `
      SELECT conrelid::regclass || '.' || attname AS reference
      FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
      WHERE contype = 'f' AND connamespace = 'intendant'::regnamespace
        AND (confdeltype <> 'c' OR NOT EXISTS (
          SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1]))`;
    assert.equal(await postgres.query(sql, [], name), []);
    const count =
      "SELECT count(*)::integer AS n FROM pg_constraint WHERE contype = 'f' AND connamespace = 'intendant'::regnamespace";
    const [row] = await postgres.query<{ n: number }>(count, [], name);
    assert.ok((row?.n ?? 0) >= 9);
  });
});

test.run();
