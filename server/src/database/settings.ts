import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, type ConnectionOptions } from "node:tls";
import { DatabaseError } from "./error.ts";

/** How to connect to a database. */
export interface DatabaseSettings {
  host: string;
  port: number;
  user: string;
  password: string | undefined;
  database: string;
  /** Settings of the session that the URI asks for. */
  options: string | undefined;
  /** False for a connection without TLS. */
  tls: ConnectionOptions | false;
  /** What this connection is less than safe against, as a sentence for the log. */
  securityWarning: string | undefined;
}

/**
 * Reads `uri` and, where it is, `ca.crt` from a folder, which is how pods have a Secret. Another
 * look may find something else, for Secrets change.
 *
 * @throws DatabaseError
 */
export async function readDatabaseSettings(folder: string): Promise<DatabaseSettings> {
  const uri = await readText(join(folder, "uri"));
  if (!uri) {
    throw new DatabaseError(
      "SecretMissing",
      "The Secret with the database's URI does not exist, or the URI is empty; create it, and the next attempt uses it",
    );
  }
  return databaseSettings(uri, await readText(join(folder, "ca.crt")));
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim() || undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new DatabaseError("SecretMissing", `Could not read ${file}: ${message}`, error);
  }
}

/**
 * The settings that a URI stands for: `postgresql://user:password@host:5432/database?sslmode=…`,
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS.
 *
 * Unlike in libpq and in other clients, `sslmode` is `verify-full` unless it is
 * another one. A message never has the URI in it, which is a secret.
 *
 * @param ca certificates of those who may have signed the server's; the system's unless given
 * @throws DatabaseError when it cannot be read, or asks for what is not done here
 */
export function databaseSettings(uri: string, ca?: string): DatabaseSettings {
  const url = URL.parse(uri);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) throw refused(shape);
  const query = url.searchParams;
  for (const name of query.keys()) {
    const advice = notDone[name];
    if (advice) throw refused(`The URI of the database has ${name}; ${advice}`);
  }
  const host = decoded(query.get("host") ?? url.hostname).replace(/^\[(.+)\]$/, "$1");
  const user = decoded(query.get("user") ?? url.username);
  if (!host || !user) throw refused(shape);
  if (host.includes(",")) {
    throw refused(
      "The URI of the database names several hosts; name one, such as a Service that follows the primary",
    );
  }
  const port = Number(query.get("port") ?? (url.port || 5432));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw refused(shape);
  const mode = sslMode(query.get("sslmode") ?? "verify-full");
  return {
    host,
    port,
    user,
    password: decoded(query.get("password") ?? url.password) || undefined,
    database: decoded(query.get("dbname") ?? url.pathname.slice(1)) || user,
    options: query.get("options") ?? undefined,
    ...protection(mode, ca),
  };
}

const shape =
  "The URI of the database cannot be read; write postgresql://user:password@host:5432/database, with special characters of the password as %XX";

/** What a URI may ask libpq for and would be quietly missing here. */
const notDone: Record<string, string> = {
  sslrootcert: "put that certificate into the Secret as ca.crt instead",
  sslcert: "certificates of clients are not supported; use a password",
  sslkey: "certificates of clients are not supported; use a password",
  hostaddr: "write the address as the host",
  service: "write the host itself",
  passfile: "write the password into the URI",
};

const modes = ["verify-full", "verify-ca", "require", "no-verify", "disable"] as const;

function sslMode(text: string): (typeof modes)[number] {
  const mode = modes.find((known) => known === text);
  if (mode) return mode;
  throw refused(
    `sslmode in the URI of the database is "${text}"; write one of ${modes.join(", ")}, or leave it out for verify-full`,
  );
}

type Protection = Pick<DatabaseSettings, "tls" | "securityWarning">;

/** The meaning of a mode, which is libpq's; `no-verify` is what other clients call its `require`. */
function protection(mode: (typeof modes)[number], ca: string | undefined): Protection {
  if (mode === "disable") {
    return { tls: false, securityWarning: "The connection to the database is not encrypted" };
  }
  if (mode === "no-verify" || (mode === "require" && !ca)) {
    const securityWarning =
      "The connection to the database is encrypted, but not with a verified server";
    return { tls: { rejectUnauthorized: false }, securityWarning };
  }
  const verified = { ca: ca ?? knownAuthorities() };
  if (mode === "verify-full") return { tls: verified, securityWarning: undefined };
  if (!ca) {
    throw refused(
      "sslmode=verify-ca without ca.crt would trust every server with a public certificate; write verify-full, or put the authority's certificate into ca.crt",
    );
  }
  const securityWarning = "The name in the certificate of the database is not verified";
  return { tls: { ...verified, checkServerIdentity: () => undefined }, securityWarning };
}

/** Those that Node brings along, and those of the system. */
function knownAuthorities(): string[] {
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refused(shape);
  }
}

const refused = (message: string) => new DatabaseError("DatabaseRefused", message);
