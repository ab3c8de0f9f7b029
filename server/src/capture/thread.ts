import { Worker } from "node:worker_threads";
import type { WorkerMessage, WorkerReport, WriterOptions } from "./messages.ts";

/** Most mebibytes of objects in the thread; beyond it the thread ends, and not the server. */
const heapMebibytes = 192;

/** The thread that writes. */
export class CaptureThread {
  /** Resolves when the thread has ended, for any reason. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #reason = "it was stopped";
  #isEnding = false;

  /** @param onEnd gets the reason when the thread ends without an `end` message */
  constructor(
    options: WriterOptions,
    onReport: (report: WorkerReport) => void,
    onEnd: (reason: string) => void,
  ) {
    // A bundle has the thread's code beside its main file.
    const code = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./capture.js";
    this.#worker = new Worker(new URL(code, import.meta.url), {
      name: "capture",
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
    });
    // It does not keep the process alive, unless it is ending.
    this.#worker.unref();
    this.#worker.on("message", onReport);
    this.#worker.on("error", ({ message }: Error) => (this.#reason = message));
    this.ended = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        resolve();
        if (!this.#isEnding) onEnd(this.#reason);
      });
    });
  }

  tell(message: WorkerMessage): void {
    if (message.kind === "end") {
      this.#isEnding = true;
      this.#worker.ref();
    }
    this.#worker.postMessage(message);
  }

  /** Ends it at once. */
  async terminate(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }
}
