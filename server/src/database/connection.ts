import { Client } from "pg";
import type { DatabaseSettings } from "./settings.ts";
import { DatabaseError, databaseError } from "./error.ts";

/** A connection to PostgreSQL. */
export type Connection = Pick<Client, "query" | "on" | "once" | "off"> & {
  /** Ends it at once, in the middle of a query as well, without waiting for the other side. */
  destroy: () => void;
  /** Says goodbye and ends it. */
  end: () => Promise<void>;
};

/** How a connection is made. */
export interface ConnectOptions {
  /** What `pg_stat_activity` calls it. */
  as: string;
  /** Milliseconds to connect in, 10,000 unless said. */
  connectTimeoutMs?: number;
  /** Milliseconds that a query may take before the connection counts as lost; unlimited unless said. */
  queryTimeoutMs?: number;
}

/** The least version that is known to work, as `server_version_num` has it. */
const leastVersion = 130_000;

/**
 * Connects to a database.
 *
 * @throws DatabaseError
 */
export async function connect(
  settings: DatabaseSettings,
  { as, connectTimeoutMs = 10_000, queryTimeoutMs }: ConnectOptions,
): Promise<Connection> {
  const { host, port, user, database, options, tls } = settings;
  const client = new Client({
    host,
    port,
    user,
    database,
    password: () => passwordOf(settings),
    ssl: tls,
    application_name: as,
    options,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // A query fails on a lost connection, and `end` is emitted; without a listener the
  // error would end the process.
  client.on("error", () => undefined);
  const connection = Object.assign(client, { destroy: () => destroy(client) });
  try {
    await client.connect();
    await checkVersion(connection);
    return connection;
  } catch (error) {
    connection.destroy();
    throw databaseError(error, address(settings));
  }
}

/** Host and port, for messages. */
export function address({ host, port }: Pick<DatabaseSettings, "host" | "port">): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Asked for only where the database wants one. */
function passwordOf({ password }: DatabaseSettings): string {
  if (password !== undefined) return password;
  throw new DatabaseError(
    "DatabaseRefused",
    "The database wants a password, and its URI has none; write postgresql://user:password@host:5432/database",
  );
}

async function checkVersion(connection: Connection): Promise<void> {
  const sql = "SELECT current_setting('server_version_num')::integer AS number";
  const { rows } = await connection.query<{ number: number }>(sql);
  const number = rows[0]?.number ?? 0;
  if (number >= leastVersion) return;
  throw new DatabaseError(
    "DatabaseRefused",
    `The database is PostgreSQL ${Math.floor(number / 10_000)}; use ${leastVersion / 10_000} or newer`,
  );
}

function destroy(client: Client): void {
  // Nothing but the stream itself ends a connection whose other side does not answer any more.
  const { connection } = client as unknown as { connection: { stream: { destroy: () => void } } };
  connection.stream.destroy();
}
