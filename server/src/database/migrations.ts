import type { Connection } from "./connection.ts";
import { migrationLock } from "./locks.ts";
import { schema } from "./schema.ts";
import { DatabaseError } from "./error.ts";
import { worklist } from "./worklist.ts";

/** A step from one version of the schema to the next. */
export interface Migration {
  /** What it adds, in a few words. */
  name: string;
  sql: string;
}

/** All there are, in order: the first makes version 1. What was released is never changed. */
export const migrations: Migration[] = [
  { name: "capture and enrichment", sql: schema },
  { name: "worklist of annotators", sql: worklist },
];

/**
 * Brings the schema `intendant` up to date; any number may do it at once. Steps are all done or
 * none.
 *
 * @returns how many steps were left to do
 * @throws DatabaseError when the schema is newer than what is known here
 */
export async function migrate(
  connection: Connection,
  steps: Migration[] = migrations,
): Promise<number> {
  // Almost always there is nothing to do, and the lock would be waited for in vain.
  if (steps.length === (await currentVersion(connection))) return 0;
  await connection.query("BEGIN");
  try {
    await connection.query("SELECT pg_advisory_xact_lock($1)", [String(migrationLock)]);
    const version = await currentVersion(connection);
    if (version > steps.length) throw newer(version, steps.length);
    if (version === 0) await connection.query(await bootstrapSql(connection));
    for (const [index, { name, sql }] of steps.entries()) {
      if (index < version) continue;
      await connection.query(sql);
      const row = "INSERT INTO intendant.migrations (version, name) VALUES ($1, $2)";
      await connection.query(row, [index + 1, name]);
    }
    await connection.query("COMMIT");
    return steps.length - version;
  } catch (error) {
    // The connection itself may be what was lost.
    await connection.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** The version of the schema; 0 when there is none. */
async function currentVersion(connection: Connection): Promise<number> {
  if (!(await exists(connection, tableSql))) return 0;
  const sql = "SELECT coalesce(max(version), 0) AS version FROM intendant.migrations";
  return (await connection.query<{ version: number }>(sql)).rows[0]?.version ?? 0;
}

/**
 * Rows of the catalog, because a function such as to_regclass may go by what the session knew
 * before it waited for the lock.
 */
const schemaSql = "SELECT FROM pg_namespace WHERE nspname = 'intendant'";
const tableSql = `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = 'intendant' AND relname = 'migrations'`;

async function exists(connection: Connection, sql: string): Promise<boolean> {
  return ((await connection.query(sql)).rowCount ?? 0) > 0;
}

/** A role that may not create schemas can still use one that was made for it. */
async function bootstrapSql(connection: Connection): Promise<string> {
  return `${(await exists(connection, schemaSql)) ? "" : "CREATE SCHEMA intendant;"}
    CREATE TABLE intendant.migrations (
      version integer PRIMARY KEY,
      name text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`;
}

const newer = (version: number, known: number) =>
  new DatabaseError(
    "DatabaseRefused",
    `The database has version ${version} of the schema, and this server knows ${known}; use the release of Intendant that made it, or a newer one`,
  );
