import { setTimeout as wait } from "node:timers/promises";
import { Counter, Gauge, type Registry } from "prom-client";
import type { Logger } from "../process/log.ts";
import { size, type Inference } from "../model/batch.ts";
import { isColumnOfTexts, type IntentClassifier } from "../model/classifier.ts";
import type { Description } from "../model/model.ts";
import type { Tensors } from "../tensors/tensors.ts";
import type { CaptureFigures, CaptureState, CaptureStatus } from "../contract/ops.ts";
import type { Capture, CaptureChoice } from "./capture.ts";
import type { CaptureConfig } from "./config.ts";
import {
  dropReasons,
  type Captured,
  type DropReason,
  type WorkerReport,
  type RowSchema,
  type WriteResult,
} from "./messages.ts";
import { maxRowBytes, rowCount } from "./rows.ts";
import { CaptureThread } from "./thread.ts";

/** Most rows that were captured and are not written yet. */
const maxRows = 20_000;

/** Most bytes that were captured and are not written yet. */
const maxBytes = 16 * 1024 * 1024;

/** What a row takes beside its values. */
const rowOverhead = 200;

/** Requests that are given to the thread at once, so that giving never takes long. */
const maxPassed = 64;

/** Milliseconds after which they are given to the thread, however few they are. */
const passAfterMs = 100;

/** Milliseconds for which figures of the database are repeated, and that they are waited for. */
const figuresAgeMs = 5000;
const figuresWaitMs = 1000;

/** Milliseconds before a thread that ended is started again. */
const restartAfterMs = 1000;

/** Milliseconds at the end in which what is left is written. */
const longestFlushMs = 5000;

/** Captures in a bounded space, and leaves everything else to a thread. */
export class BackgroundCapture implements Capture {
  readonly #config: CaptureConfig;
  readonly #log: Logger;
  readonly #metrics: ReturnType<typeof captureMetrics>;
  /** Undefined for a moment after one has ended. */
  #thread: CaptureThread | undefined;
  #form: RowSchema | undefined;
  /** Not given to the thread yet. */
  #outbox: Captured[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** What the thread has and has not settled. */
  #passed: Load = { rows: 0, bytes: 0 };
  /** All that is not settled. */
  #open: Load = { rows: 0, bytes: 0 };
  #dropped = 0;
  /** Why rows were dropped, as far as the log says it since the database was last there. */
  readonly #told = new Set<DropReason>();
  #state: CaptureState = "Starting";
  #message: string | undefined;
  #figures: { known: CaptureFigures | undefined; at: number } = { known: undefined, at: -Infinity };
  #asked: PromiseWithResolvers<void> | undefined;
  #isEnding = false;

  constructor(config: CaptureConfig, log: Logger, registry: Registry) {
    this.#config = config;
    this.#log = log;
    this.#metrics = captureMetrics(registry, () => this.#open.rows);
    this.#start();
  }

  inference(
    batcher: Inference,
    description: Description,
    classifier: IntentClassifier | undefined,
  ): CaptureChoice {
    const form = rowSchema(description, classifier);
    this.#form = form;
    this.#thread?.tell({ kind: "form", form });
    const { sample, fields } = this.#config;
    const hasAnswer = fields.includes("Answer");
    const hasDuration = fields.includes("Duration");
    const capturing = (isKept: boolean): Inference => ({
      infer: async (inputs, outputs, isGone, onRun) => {
        if (sample < 1 && Math.random() >= sample) {
          return batcher.infer(inputs, outputs, isGone, onRun);
        }
        const at = Date.now();
        const started = performance.now();
        const results = await batcher.infer(inputs, outputs, isGone, onRun);
        const microseconds = Math.round(1000 * (performance.now() - started));
        this.#add(inputs, hasAnswer ? results : undefined, {
          at,
          microseconds: hasDuration ? microseconds : undefined,
          isKept,
          rows: rowCount(inputs, form),
        });
        return results;
      },
    });
    return { batcher: capturing(true), withoutCapture: capturing(false) };
  }

  async status(): Promise<CaptureStatus> {
    await this.#refresh();
    const status = { state: this.#state, message: this.#message, dropped: this.#dropped };
    return { ...status, ...this.#figures.known };
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    this.#pass();
    this.#thread?.tell({ kind: "end", milliseconds: longestFlushMs });
    const late = wait(longestFlushMs + 1000, undefined, { ref: false });
    await Promise.race([this.#thread?.ended, late]);
    await this.#thread?.terminate();
    const { rows } = this.#open;
    if (rows > 0) this.#drop("ending", rows);
    if (this.#dropped > 0) {
      this.#log.warn({ rows: this.#dropped }, "Some captured requests were never written");
    }
  }

  #add(
    inputs: Tensors,
    outputs: Tensors | undefined,
    facts: Omit<Captured, "inputs" | "outputs" | "bytes">,
  ): void {
    const texts = facts.rows;
    if (texts === 0) return;
    const bytes = size(inputs) + (outputs ? size(outputs) : 0) + texts * rowOverhead;
    // What is not kept takes room until it is thrown away, but its rows do not count as lost.
    const rows = facts.isKept ? texts : 0;
    // Not even alone could it be kept.
    if (bytes > (texts === 1 ? maxRowBytes : maxBytes)) return this.#drop("large", rows);
    const isFull = this.#open.rows + rows > maxRows || this.#open.bytes + bytes > maxBytes;
    if (isFull) return this.#drop("full", rows);
    change(this.#open, rows, bytes);
    const values = { inputs: own(inputs), outputs: outputs && own(outputs) };
    this.#outbox.push({ ...facts, ...values, rows, bytes });
    if (this.#outbox.length >= maxPassed) this.#pass();
    else this.#timer ??= setTimeout(() => this.#pass(), passAfterMs).unref();
  }

  #pass(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#outbox.length === 0 || !this.#thread) return;
    const requests = this.#outbox;
    this.#outbox = [];
    for (const { rows, bytes } of requests) change(this.#passed, rows, bytes);
    this.#thread.tell({ kind: "write", requests });
  }

  #drop(reason: DropReason, rows: number): void {
    if (rows === 0) return;
    if (!this.#told.has(reason)) {
      this.#told.add(reason);
      this.#log.warn({ reason }, `Some captured requests are dropped: ${dropReasons[reason]}`);
    }
    this.#metrics.dropped.inc({ reason }, rows);
    this.#dropped += rows;
  }

  #start(): void {
    const { model, databaseFolder, redact, retentionSeconds } = this.#config;
    const thread = new CaptureThread(
      { model, databaseFolder, redact, retentionSeconds },
      (report) => this.#hear(report),
      (reason) => this.#restart(reason),
    );
    this.#thread = thread;
    if (this.#form) thread.tell({ kind: "form", form: this.#form });
    this.#pass();
  }
  #hear(report: WorkerReport): void {
    if (report.kind === "settled") return this.#settle(report);
    if (report.kind === "state") return this.#change(report.state, report.message);
    if (report.kind === "securityWarning") return this.#log.warn(report.message);
    if (report.kind === "deleted") {
      const { requests, examples } = report;
      return this.#log.info({ requests, examples }, "Deleted what is older than the retention");
    }
    if (report.figures) this.#figures = { known: report.figures, at: performance.now() };
    this.#asked?.resolve();
    this.#asked = undefined;
  }

  #settle({ rows, bytes, dropped }: WriteResult): void {
    change(this.#passed, -rows, -bytes);
    change(this.#open, -rows, -bytes);
    let written = rows;
    for (const [reason, lost] of Object.entries(dropped) as [DropReason, number][]) {
      written -= lost;
      this.#drop(reason, lost);
    }
    this.#metrics.captured.inc(written);
  }

  #change(state: CaptureState, message: string | undefined): void {
    this.#state = state;
    this.#message = message;
    if (state === "Connected") {
      this.#told.clear();
      return this.#log.info("Connected to the database; requests are captured");
    }
    this.#log.warn(
      { reason: state },
      `${message}; captured requests wait while there is room, and the connection is retried`,
    );
  }

  /** What the thread had is lost; what it was not given yet is for the next one. */
  #restart(reason: string): void {
    const { rows, bytes } = this.#passed;
    change(this.#passed, -rows, -bytes);
    change(this.#open, -rows, -bytes);
    this.#thread = undefined;
    if (rows > 0) this.#drop("failed", rows);
    this.#asked?.resolve();
    this.#asked = undefined;
    if (this.#isEnding) return;
    this.#state = "Starting";
    this.#message = `The thread that writes ended: ${reason}; starting it again`;
    this.#log.error(this.#message);
    setTimeout(() => {
      if (!this.#isEnding) this.#start();
    }, restartAfterMs).unref();
  }

  /** Asks for newer figures, and waits for them for a moment. */
  async #refresh(): Promise<void> {
    if (!this.#thread || performance.now() - this.#figures.at < figuresAgeMs) return;
    if (!this.#asked) {
      this.#asked = Promise.withResolvers();
      this.#thread.tell({ kind: "figures" });
    }
    await Promise.race([this.#asked.promise, wait(figuresWaitMs, undefined, { ref: false })]);
  }
}

interface Load {
  rows: number;
  bytes: number;
}

function change(load: Load, rows: number, bytes: number): void {
  load.rows += rows;
  load.bytes += bytes;
}

function rowSchema(
  { inputs, sha256 }: Description,
  classifier: IntentClassifier | undefined,
): RowSchema {
  const [input, ...others] = inputs;
  const isOfTexts = input !== undefined && others.length === 0 && isColumnOfTexts(input);
  return {
    text: isOfTexts ? input.name : undefined,
    classes: classifier && { output: classifier.output, labels: classifier.labels },
    sha256,
  };
}

/** Tensors without the larger buffer, such as a request's body, that they may be a part of. */
function own(tensors: Tensors): Tensors {
  const owned = Object.entries(tensors).map(([name, tensor]) => {
    const { data } = tensor;
    const isPart = !Array.isArray(data) && data.buffer.byteLength > data.byteLength;
    return [name, isPart ? { ...tensor, data: data.slice() } : tensor] as const;
  });
  return Object.fromEntries(owned);
}

function captureMetrics(registry: Registry, waiting: () => number) {
  const registers = [registry];
  return {
    waiting: new Gauge({
      name: "intendant_server_capture_waiting",
      help: "Captured rows that are not written yet",
      registers,
      collect() {
        this.set(waiting());
      },
    }),
    captured: new Counter({
      name: "intendant_server_captured_total",
      help: "Captured rows that were written to the database",
      registers,
    }),
    dropped: new Counter({
      name: "intendant_server_capture_dropped_total",
      help: "Captured rows that were not written: no room (full), too large (large), not storable as text (text), refused by the database (refused), not before the end (ending), a fault of the server (failed)",
      labelNames: ["reason"],
      registers,
    }),
  };
}
