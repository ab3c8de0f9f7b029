import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type QueryResultRow } from "pg";
import { run } from "./command.ts";
import { freePort } from "./free-port.ts";

/** A real PostgreSQL of a test: on a port of its own, with TLS, and gone with the test. */
export interface Postgres {
  port: number;
  /** How an application connects: `postgresql://app:…@localhost:PORT/app`. */
  uri: string;
  /** The certificate of the authority that signed the server's. */
  ca: string;
  /** A folder as pods have it of a Secret: `uri` and `ca.crt`. */
  secret: string;
  /** Asks as the superuser; `database` is the application's unless said. */
  query: <Row extends QueryResultRow = QueryResultRow>(
    sql: string,
    values?: unknown[],
    database?: string,
  ) => Promise<Row[]>;
  /** Starts it again; resolves when it takes connections. */
  start: () => Promise<void>;
  /** Ends it and every connection in an orderly way. */
  stop: () => Promise<void>;
  /** Ends it as a crash does: every process of it at once. */
  kill: () => Promise<void>;
  /** Sends a signal to every process of it. */
  signal: (signal: NodeJS.Signals) => void;
  /** Stops and removes it. */
  end: () => Promise<void>;
}

/** How a PostgreSQL differs from the usual one. */
export interface PostgresOptions {
  /** Name that the server's certificate is for, beside the address 127.0.0.1; `localhost` unless said. */
  name?: string;
  /** Whether it speaks TLS. */
  tls?: boolean;
  /** Lines for postgresql.conf. */
  settings?: string[];
}

const password = "p@ss/word#1 é";
const superuser = "admin";

/** Makes and starts a PostgreSQL with a database `app` that a role `app` owns. */
export async function createPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-postgres-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const port = await freePort();
  const secret = join(folder, "secret");
  const uri = `postgresql://app:${encodeURIComponent(password)}@localhost:${port}/app`;
  await createCertificates(folder, options.name ?? "localhost");
  const ca = readFileSync(join(folder, "ca.crt"), "utf8");
  mkdirSync(secret);
  writeFileSync(join(secret, "uri"), uri);
  writeFileSync(join(secret, "ca.crt"), ca);
  await initialise(folder, port, options);

  let server: ChildProcess | undefined;
  const start = async () => {
    server = await started(folder, port);
  };
  const leave = async (signal: () => void) => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.ref();
    signal();
    await gone;
  };
  // It ends connections at once and leaves the files as they have to be.
  const stop = async () => leave(() => server?.kill("SIGINT"));
  const query: Postgres["query"] = async (sql, values = [], database = "app") =>
    asked(port, database, sql, values);

  await start();
  await query(`CREATE ROLE app LOGIN PASSWORD '${password}'`, [], "postgres");
  await query("CREATE DATABASE app OWNER app", [], "postgres");
  return {
    port,
    uri,
    ca,
    secret,
    query,
    start,
    stop,
    kill: async () => leave(() => signalAll(server?.pid as number, "SIGKILL")),
    signal: (signal) => signalAll(server?.pid as number, signal),
    end: async () => {
      await stop();
      process.off("exit", remove);
      remove();
    },
  };
}

/** Lets a test use a PostgreSQL and removes it, whatever becomes of the test. */
export async function withPostgres(
  use: (postgres: Postgres) => Promise<void>,
  options?: PostgresOptions,
): Promise<void> {
  const postgres = await createPostgres(options);
  try {
    await use(postgres);
  } finally {
    await postgres.end();
  }
}

/** Where Debian keeps PostgreSQL's programs. */
function programs(): string {
  const versions = globSync("/usr/lib/postgresql/*/bin/initdb").sort();
  const newest = versions.at(-1);
  if (newest) return join(newest, "..");
  throw new Error("PostgreSQL is not installed; run: apt-get install postgresql-15");
}

/** PostgreSQL refuses to run as root; Debian's package comes with a user for it. */
function unprivileged(command: string, args: string[]): [command: string, args: string[]] {
  // So that it never outlives the tests.
  const withTests = ["--pdeathsig", "KILL"];
  const asUser = ["--reuid", "postgres", "--regid", "postgres", "--init-groups"];
  const how = process.getuid?.() === 0 ? [...asUser, ...withTests] : withTests;
  return ["setpriv", [...how, command, ...args]];
}

async function initialise(folder: string, port: number, options: PostgresOptions): Promise<void> {
  const data = join(folder, "data");
  mkdirSync(data);
  writeFileSync(join(folder, "password"), password);
  await own(folder);
  const encoding = ["--encoding", "UTF8", "--locale", "C.UTF-8"];
  const access = ["--auth", "scram-sha-256", "--username", superuser];
  const files = ["--pwfile", join(folder, "password"), "--no-sync", "--pgdata", data];
  await run(...unprivileged(join(programs(), "initdb"), [...encoding, ...access, ...files]));
  const settings = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${folder}'`,
    // What was written survives the end of a process, and the machine does not crash here.
    "fsync = off",
    `ssl = ${options.tls === false ? "off" : "on"}`,
    `ssl_cert_file = '${folder}/server.crt'`,
    `ssl_key_file = '${folder}/server.key'`,
    ...(options.settings ?? []),
  ];
  writeFileSync(join(data, "postgresql.conf"), `${settings.join("\n")}\n`, { flag: "a" });
}

/** Gives the folder to the user that PostgreSQL runs as. */
async function own(folder: string): Promise<void> {
  chmodSync(folder, 0o755);
  chmodSync(join(folder, "server.key"), 0o600);
  if (process.getuid?.() !== 0) return;
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (which) => Number(await run("id", [which, "postgres"]))),
  );
  for (const file of ["", "data", "password", "server.key"]) {
    chownSync(join(folder, file), uid as number, gid as number);
  }
}

async function started(folder: string, port: number): Promise<ChildProcess> {
  const args = ["-D", join(folder, "data")];
  const server = spawn(...unprivileged(join(programs(), "postgres"), args), {
    stdio: ["ignore", "ignore", "pipe"],
  });
  server.unref();
  let said = "";
  server.stderr
    .setEncoding("utf8")
    .on("data", (text: string) => (said = (said + text).slice(-4000)));
  // A test that fails must not wait for it.
  (server.stderr as unknown as { unref: () => void }).unref();
  for (;;) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${said}`);
    try {
      await asked(port, "postgres", "SELECT 1", []);
      return server;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function asked<Row extends QueryResultRow>(
  port: number,
  database: string,
  sql: string,
  values: unknown[],
): Promise<Row[]> {
  const ssl = { rejectUnauthorized: false };
  const common = { host: "127.0.0.1", port, user: superuser, password, database };
  const connect = async (secure: boolean) => {
    const client = new Client({ ...common, ssl: secure && ssl });
    // What the query has to say about a lost connection is enough.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const client = await connect(true).catch(async (error: Error) => {
    if (error.message.includes("does not support SSL")) return connect(false);
    throw error;
  });
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Sends a signal to a process and its children before any of them has noticed the other's. */
function signalAll(pid: number, signal: NodeJS.Signals): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  const all = [pid, ...(children.match(/\d+/g) ?? []).map(Number)];
  for (const one of all) process.kill(one, "SIGSTOP");
  for (const one of all) if (signal !== "SIGSTOP") process.kill(one, signal);
}

/** An authority, and a certificate by it for the server. */
async function createCertificates(folder: string, name: string): Promise<void> {
  const openssl = async (line: string) => run("openssl", line.split(" "), { cwd: folder });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc";
  await openssl(`req -x509 ${key} -keyout ca.key -out ca.crt -days 2 -subj /CN=test-ca`);
  await openssl(`req ${key} -subj /CN=postgres -keyout server.key -out server.csr`);
  writeFileSync(join(folder, "server.ext"), `subjectAltName=DNS:${name},IP:127.0.0.1\n`);
  const files = "-in server.csr -out server.crt -extfile server.ext";
  await openssl(`x509 -req ${files} -CA ca.crt -CAkey ca.key -days 2`);
}
