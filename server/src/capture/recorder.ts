import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { address, connect, type Connection } from "../database/connection.ts";
import { migrate } from "../database/migrations.ts";
import { readDatabaseSettings } from "../database/settings.ts";
import { databaseError, type CodedError } from "../database/error.ts";
import { findOrCreateModel } from "../database/models.ts";
import type { CaptureFigures, CaptureState } from "../contract/ops.ts";
import type { Dropped, DropReason, WriterOptions } from "./messages.ts";
import { deleteSome, type Deleted } from "./delete-some.ts";
import { readFigures } from "./read-figures.ts";
import type { Row } from "./rows.ts";
import { writeRows } from "./write-rows.ts";

/** What a recorder works with, and whom it tells. */
export interface RecorderOptions extends Pick<WriterOptions, "model" | "databaseFolder"> {
  /** Milliseconds before the first attempts to connect again; doubled up to the last of them. */
  pausesMs?: { first: number; last: number };
  /** Milliseconds that a query may take before the connection counts as lost. */
  queryTimeoutMs?: number;
  state: (state: CaptureState, message: string | undefined) => void;
  /** Told once for each sentence about a connection that is less than safe. */
  warn: (sentence: string) => void;
}

/** Rows of one model. */
export interface RowBatch {
  modelSha256: string;
  rows: Row[];
}

interface Session {
  connection: Connection;
  modelId: number;
  /** Host and port. */
  where: string;
}

/** Writes rows to the database, over one connection that is made again whenever it is lost. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #writer = randomUUID();
  readonly #ending = new AbortController();
  readonly #securityWarnings = new Set<string>();
  #batches = 0;
  #session: Session | undefined;
  #connecting: Promise<Session | undefined> | undefined;
  /** Everything that uses the connection, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #isWriting = false;
  /** Attempts to connect since something worked. */
  #attempts = 0;
  #told: string | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    void this.#connected();
  }

  /**
   * Writes rows, as soon as there is a database that takes them.
   *
   * @returns what was not written, and why; all that is left when the recorder ends meanwhile
   */
  async write(batch: RowBatch): Promise<Dropped> {
    return this.#exclusively(async () => {
      this.#isWriting = true;
      const dropped = await this.#write(batch);
      this.#isWriting = false;
      return dropped;
    });
  }

  /** What the database says; undefined when it cannot be asked now. */
  async figures(): Promise<CaptureFigures | undefined> {
    return this.#exclusively(async () =>
      this.#whenConnected(async ({ connection, modelId }) => readFigures(connection, modelId)),
    );
  }

  /** Deletes what was not seen for longer than this; undefined when the database cannot be asked. */
  async deleteOld(retentionSeconds: number): Promise<Deleted | undefined> {
    const total = { requests: 0, examples: 0 };
    for (;;) {
      // What waits to be written goes in between.
      const step = await this.#exclusively(async () =>
        this.#whenConnected(async ({ connection, modelId }) =>
          deleteSome(connection, modelId, retentionSeconds),
        ),
      );
      if (!step) return undefined;
      total.requests += step.requests;
      total.examples += step.examples;
      if (!step.isMore) return total;
    }
  }

  /** Gives up what waits for a database, and hangs up. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#session?.connection.end();
    await this.#connecting;
    await this.#last;
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }

  async #write({ modelSha256, rows }: RowBatch): Promise<Dropped> {
    const number = ++this.#batches;
    for (let conflicts = 0; ;) {
      const session = await this.#connected();
      if (!session) return { ending: rows.length };
      const { connection, modelId } = session;
      try {
        await writeRows(connection, { modelId, modelSha256, writer: this.#writer, number, rows });
        this.#succeed();
        return {};
      } catch (error) {
        if (isOfRows(error)) return this.#divide({ modelSha256, rows });
        if (isConflict(error) && conflicts++ < 5) continue;
        this.#fail(session, error);
      }
    }
  }

  /** Finds the rows that the database does not take; it has none of them yet. */
  async #divide({ modelSha256, rows }: RowBatch): Promise<Dropped> {
    if (rows.length === 1) return { refused: 1 };
    const middle = Math.ceil(rows.length / 2);
    const halves = [rows.slice(0, middle), rows.slice(middle)];
    const dropped: Dropped = {};
    for (const half of halves) addDropped(dropped, await this.#write({ modelSha256, rows: half }));
    return dropped;
  }

  async #whenConnected<T>(ask: (session: Session) => Promise<T>): Promise<T | undefined> {
    const session = this.#session;
    if (!session) return undefined;
    try {
      return await ask(session);
    } catch (error) {
      this.#fail(session, error);
      return undefined;
    }
  }

  #succeed(): void {
    this.#attempts = 1;
    this.#tell("Connected");
  }

  #fail(session: Session, error: unknown): void {
    const { reason, message } = databaseError(error, session.where);
    session.connection.destroy();
    if (this.#session === session) this.#session = undefined;
    if (this.#ending.signal.aborted) return;
    this.#tell(reason, message);
    void this.#connected();
  }

  #tell(state: CaptureState, message?: string): void {
    const words = `${state} ${message}`;
    if (words !== this.#told) this.#options.state(state, message);
    this.#told = words;
  }

  /** A session with the database, after however many attempts; undefined at the end. */
  async #connected(): Promise<Session | undefined> {
    if (this.#ending.signal.aborted) return undefined;
    if (this.#session) return this.#session;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async #connect(): Promise<Session | undefined> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#pause();
        return await this.#attempt();
      } catch (error) {
        if (signal.aborted) break;
        const { reason, message } = databaseError(error, "The database");
        this.#tell(reason, message);
      }
    }
    return undefined;
  }

  /** None before the first attempt; then longer and longer, and never the same for two servers. */
  async #pause(): Promise<void> {
    const attempts = this.#attempts++;
    if (attempts === 0) return;
    const { first, last } = this.#options.pausesMs ?? { first: 500, last: 30_000 };
    const longest = Math.min(last, first * 2 ** Math.min(attempts - 1, 20));
    const pause = longest * (0.5 + Math.random() / 2);
    await wait(pause, undefined, { signal: this.#ending.signal });
  }

  async #attempt(): Promise<Session> {
    const { databaseFolder, model, queryTimeoutMs = 30_000 } = this.#options;
    const settings = await readDatabaseSettings(databaseFolder);
    const where = address(settings);
    const connection = await connect(settings, { as: `intendant ${model}`, queryTimeoutMs });
    try {
      await migrate(connection);
      const session = { connection, modelId: await findOrCreateModel(connection, model), where };
      this.#begin(session, settings.securityWarning);
      return session;
    } catch (error) {
      connection.destroy();
      throw databaseError(error, where);
    }
  }

  #begin(session: Session, securityWarning: string | undefined): void {
    this.#session = session;
    session.connection.once("end", () => {
      // A query that was using the connection has reported it already.
      if (this.#session === session) this.#fail(session, new Error("The connection was lost"));
    });
    if (securityWarning && !this.#securityWarnings.has(securityWarning)) {
      this.#securityWarnings.add(securityWarning);
      this.#options.warn(securityWarning);
    }
    // A database whose disk is full can be connected to; what is being written will tell.
    if (!this.#isWriting) this.#succeed();
  }
}

/** Counts further rows. */
export function addDropped(dropped: Dropped, more: Dropped): void {
  for (const [reason, rows] of Object.entries(more) as [DropReason, number][]) {
    dropped[reason] = (dropped[reason] ?? 0) + rows;
  }
}

/** Whether PostgreSQL refuses the values of a row: class 22, 54, or a check of the table. */
const isOfRows = (error: unknown) => /^(22|54|23514$)/.test((error as CodedError).code ?? "");

/** Whether another transaction was in the way. */
const isConflict = (error: unknown) => (error as CodedError).code?.startsWith("40") ?? false;
