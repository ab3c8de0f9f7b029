import { setTimeout as wait } from "node:timers/promises";
import { connect, type Connection } from "../database/connection.ts";
import { migrate } from "../database/migrations.ts";
import { readDatabaseSettings, type DatabaseSettings } from "../database/settings.ts";
import { DatabaseError, databaseError, type CodedError } from "../database/error.ts";
import type { Logger } from "../process/log.ts";
import { WorkerError } from "./error.ts";

/** How long and with what a worker tries to keep a connection. */
export interface Persistence {
  /** The folder with `uri` and `ca.crt`. */
  folder: string;
  /** Seconds in a row without any success after which it gives up. */
  outageSeconds: number;
  log: Logger;
  /** Aborted when it is to end. */
  signal: AbortSignal;
  /** When something last succeeded, as `performance.now()` has it. */
  lastSuccess: () => number;
}

/** Milliseconds that a query may take before the connection counts as lost. */
const queryTimeoutMs = 120_000;

/** Most seconds between two attempts. */
const longestPauseSeconds = 10;

/**
 * Does work that needs the database, again on a new connection whenever one is lost: what was not
 * committed was rolled back. An outage is waited for, up to a limit.
 *
 * @throws WorkerError when the database refuses, or is away for too long
 */
export async function persist(
  persistence: Persistence,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const { folder, log, signal, outageSeconds, lastSuccess } = persistence;
  const securityWarnings = new Set<string>();
  let since = performance.now();
  for (let pauseSeconds = 0.5; !signal.aborted; pauseSeconds *= 2) {
    try {
      const settings = await readDatabaseSettings(folder);
      const { securityWarning } = settings;
      if (securityWarning && !securityWarnings.has(securityWarning)) log.warn(securityWarning);
      securityWarnings.add(securityWarning ?? "");
      return await attempt(settings, work);
    } catch (error) {
      if (signal.aborted && isPassing(error)) return;
      const { message } = passed(error);
      if (lastSuccess() > since) {
        since = performance.now();
        pauseSeconds = 0.5;
      }
      if (performance.now() - since > outageSeconds * 1000) throw gaveUp(message, outageSeconds);
      log.warn(`${message}; trying again`);
    }
    const seconds = Math.min(pauseSeconds, longestPauseSeconds) * (0.5 + Math.random() / 2);
    await wait(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}

async function attempt(
  settings: DatabaseSettings,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await connect(settings, { as: "intendant-enrich", queryTimeoutMs });
  try {
    await migrate(connection);
    await work(connection);
    await connection.end();
  } finally {
    // Closed without a word where work failed, which rolls back what was not committed.
    connection.destroy();
  }
}

/** An error that another attempt may not meet; throws all others. */
function passed(error: unknown): Error {
  if (isPassing(error)) return error as Error;
  const trouble = isFromDatabase(error) ? databaseError(error, "The database") : error;
  if (trouble instanceof DatabaseError && trouble.reason === "DatabaseRefused") {
    throw new WorkerError("DatabaseRefused", trouble.message, error);
  }
  throw error;
}

/**
 * Classes of SQLSTATE that pass: no connection, a transaction that was rolled back because of
 * others or because its session was silent, no resources, ended by an operator.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const passing = /^(08|40|53|57)|^25P03$|^55P03$/;

function isPassing(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.reason !== "DatabaseRefused";
  const { code, message } = error as CodedError;
  if (isFromDatabase(error)) return passing.test(code ?? "");
  return code !== undefined || /[Cc]onnection|timeout|not queryable/.test(message);
}

const isFromDatabase = (error: unknown) => (error as CodedError).severity !== undefined;

const gaveUp = (message: string, seconds: number) =>
  new WorkerError(
    "DatabaseUnreachable",
    `${message}; gave up after ${seconds} seconds, and what is not annotated is still pending`,
  );
