import type { Redaction } from "./config.ts";
import type { Captured, Dropped, RowSchema, WriteResult } from "./messages.ts";
import { addDropped, type RowBatch } from "./recorder.ts";
import { rowsOf } from "./rows.ts";

/** What a queue works with. */
export interface WriteQueueOptions {
  redact: readonly Redaction[];
  /** Resolves when the rows are written, with those that never will be. */
  write: (batch: RowBatch) => Promise<Dropped>;
  settled: (settled: WriteResult) => void;
  /** Rows that are written together. */
  batchRows?: number;
  /** Bytes of what was captured that are written together. */
  batchBytes?: number;
  /** Milliseconds that a row waits for others to be written with. */
  maxWaitMs?: number;
}

/** Gathers captured requests and writes their rows in batches, one after the other. */
export class WriteQueue {
  readonly #options: Required<WriteQueueOptions>;
  #form: RowSchema | undefined;
  #waiting: Captured[] = [];
  #rows = 0;
  #bytes = 0;
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = {
      batchRows: 1000,
      batchBytes: 4 * 1024 * 1024,
      maxWaitMs: 1000,
      ...options,
    };
  }

  /** Says how all that follows becomes rows. */
  take(form: RowSchema): void {
    this.#form = form;
  }

  add(requests: Captured[]): void {
    for (const request of requests) {
      this.#waiting.push(request);
      this.#rows += request.rows;
      this.#bytes += request.bytes;
    }
    this.#timer ??= setTimeout(() => {
      this.#isDue = true;
      this.#start();
    }, this.#options.maxWaitMs);
    this.#start();
  }

  /** Writes everything; resolves when all of it is settled. */
  async flush(): Promise<void> {
    this.#isDue = true;
    this.#start();
    await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && this.#isWorthIt()) {
      const requests = this.#next();
      if (this.#waiting.length === 0) this.#rest();
      await this.#writeBatch(requests);
    }
  }

  #isWorthIt(): boolean {
    const { batchRows, batchBytes } = this.#options;
    return this.#isDue || this.#rows >= batchRows || this.#bytes >= batchBytes;
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
  }

  #next(): Captured[] {
    const { batchRows, batchBytes } = this.#options;
    let [rows, bytes, count] = [0, 0, 0];
    // At least one, however large it is.
    for (const request of this.#waiting) {
      const isFull = rows + request.rows > batchRows || bytes + request.bytes > batchBytes;
      if (count > 0 && isFull) break;
      rows += request.rows;
      bytes += request.bytes;
      count += 1;
    }
    this.#rows -= rows;
    this.#bytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #writeBatch(requests: Captured[]): Promise<void> {
    const form = this.#form;
    if (!form) throw new Error("The row schema is not set");
    const kept = requests.filter(({ isKept }) => isKept);
    const { rows, dropped } = rowsOf(kept, form, this.#options.redact);
    // What a measurement costs is to hold for requests that are kept, too.
    rowsOf(
      requests.filter(({ isKept }) => !isKept),
      form,
      this.#options.redact,
    );
    if (rows.length > 0) {
      addDropped(dropped, await this.#options.write({ modelSha256: form.sha256, rows }));
    }
    this.#options.settled({
      rows: sum(requests.map((request) => request.rows)),
      bytes: sum(requests.map(({ bytes }) => bytes)),
      dropped,
    });
  }
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
