import { spawn } from "node:child_process";
import { hash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { writeRows } from "../../server/src/capture/write-rows.ts";
import { connect, type Connection } from "../../server/src/database/connection.ts";
import { migrate } from "../../server/src/database/migrations.ts";
import { readDatabaseSettings } from "../../server/src/database/settings.ts";
import type { Environment } from "../../server/src/process/environment.ts";
import type { LogLine } from "./model-server.ts";
import { createPostgres, type Postgres, type PostgresOptions } from "./postgres.ts";

/** The captured model of the tests. */
export const captured = "demo/intent-fr";

/** A database with the schema, and a connection to it. */
export interface QueueDatabase {
  postgres: Postgres;
  connection: Connection;
  /** Another connection, which ends with the database. */
  connect: () => Promise<Connection>;
  /** Forgets everything but the schema. */
  empty: () => Promise<void>;
  end: () => Promise<void>;
}

/** Starts a database with the newest schema. */
export async function createQueueDatabase(options?: PostgresOptions): Promise<QueueDatabase> {
  const postgres = await createPostgres(options);
  const connections: Connection[] = [];
  const another = async () => {
    const settings = await readDatabaseSettings(postgres.secret);
    const connection = await connect(settings, { as: "test" });
    connections.push(connection);
    return connection;
  };
  const connection = await another();
  await migrate(connection);
  return {
    postgres,
    connection,
    connect: another,
    empty: async () => {
      await connection.query("TRUNCATE intendant.models RESTART IDENTITY CASCADE");
    },
    end: async () => {
      for (const one of connections) one.destroy();
      await postgres.end();
    },
  };
}

/** Writes sentences as the server does that captures them. */
export async function capture(
  connection: Connection,
  texts: string[],
  name = captured,
): Promise<void> {
  const { rows } = await connection.query<{ id: number }>(
    `INSERT INTO intendant.models (name) VALUES ($1)
     ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`,
    [name],
  );
  await writeRows(connection, {
    modelId: rows[0]?.id as number,
    modelSha256: "00".repeat(32),
    writer: randomUUID(),
    number: 1,
    rows: texts.map((sentence) => ({
      sha256: hash("sha256", sentence, "hex"),
      sentence,
      inputs: null,
      answer: null,
      at: Date.now(),
      microseconds: null,
    })),
  });
}

/** As many different sentences. */
export function sentences(count: number, words = "Je cherche un hôtel"): string[] {
  return Array.from({ length: count }, (_, index) => `${words} ${index}`);
}

/** A worker in a process of its own, as it runs in a pod. */
export interface WorkerProcess {
  log: LogLine[];
  /** Resolves when a line with this text in its message has been logged. */
  logged: (text: string) => Promise<LogLine>;
  kill: (signal: NodeJS.Signals) => void;
  /** Resolves with the exit code, or the signal that ended it. */
  ended: () => Promise<number | string>;
  /** Its last words. */
  words: () => string;
}

/**
 * Starts a worker for a database.
 *
 * @param main what to run; the source unless said
 */
export function workerProcess(
  { secret }: Pick<Postgres, "secret">,
  environment: Environment = {},
  main = "server/src/enrich/main.ts",
): WorkerProcess {
  const folder = mkdtempSync(join(tmpdir(), "intendant-worker-"));
  const termination = join(folder, "termination");
  writeFileSync(termination, "");
  const child = spawn(process.execPath, [main], {
    env: {
      CAPTURE_MODEL: captured,
      DATABASE_FOLDER: secret,
      MODEL_PATH: "model/intent-fr.onnx",
      TERMINATION_LOG: termination,
      LOG_LEVEL: "debug",
      ORT_DISABLE_TELEMETRY: "1",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  // A test that fails must neither wait for the process nor leave it behind; one that waits does.
  child.unref();
  const end = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  const log: LogLine[] = [];
  const lines = createInterface(child.stdout);
  lines.on("line", (line) => log.push(JSON.parse(line) as LogLine));
  const closed = Promise.all([once(child, "close"), once(lines, "close")]).then(
    ([[code, signal]]) => (code ?? signal) as number | string,
  );
  const ended = async () => {
    child.ref();
    return closed;
  };
  const logged = async (text: string): Promise<LogLine> => {
    for (;;) {
      const found = log.find(({ msg }) => msg.includes(text));
      if (found) return found;
      const event = await Promise.race([once(lines, "line"), ended()]);
      if (!Array.isArray(event)) throw new Error(`The worker ended (${event}) without "${text}"`);
    }
  };
  return {
    log,
    logged,
    kill: (signal) => void child.kill(signal),
    ended,
    words: () => readFileSync(termination, "utf8"),
  };
}

/** What the database says of the work, counted in its tables and by its counters. */
export interface Account {
  examples: number;
  annotations: number;
  refusals: number;
  pending: number;
  /** Rows of all batches. */
  batches: number;
  counted: { enriched: number; refused: number; pending: number }[];
}

/** Counts everything. */
export async function account(connection: Connection): Promise<Account> {
  const { rows } = await connection.query<Account>(
    `SELECT (SELECT count(*)::integer FROM intendant.examples) AS examples,
            (SELECT count(*)::integer FROM intendant.annotations) AS annotations,
            (SELECT count(*)::integer FROM intendant.refusals) AS refusals,
            (SELECT count(*)::integer FROM intendant.pending) AS pending,
            (SELECT coalesce(sum(rows), 0)::integer FROM intendant.batches) AS batches,
            (SELECT json_agg(json_build_object('enriched', enriched, 'refused', refused,
               'pending', pending) ORDER BY id) FROM intendant.annotators) AS counted`,
  );
  return rows[0] as Account;
}
