import { Worker } from "node:worker_threads";
import type { WorkerMessage, WorkerReport, WriterOptions } from "./messages.ts";

/** The thread that writes. */
export interface CaptureThread {
  tell: (order: WorkerMessage) => void;
  /** Resolves when the thread has ended, for any reason. */
  ended: Promise<void>;
  /** Ends it at once. */
  terminate: () => Promise<void>;
}

/** Most mebibytes of objects in the thread; beyond it the thread ends, and not the server. */
const heapMebibytes = 192;

/** Starts the thread that writes; `onEnd` gets the reason when it ends without an `end` message. */
export function startThread(
  options: WriterOptions,
  onReport: (report: WorkerReport) => void,
  onEnd: (reason: string) => void,
): CaptureThread {
  // A bundle has the thread's code beside its main file.
  const code = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./capture.js";
  const worker = new Worker(new URL(code, import.meta.url), {
    name: "capture",
    workerData: options,
    resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
  });
  // It does not keep the process alive; ending it refs it again.
  worker.unref();
  let reason = "it was stopped";
  let isEnding = false;
  worker.on("message", onReport);
  worker.on("error", ({ message }: Error) => (reason = message));
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      resolve();
      if (!isEnding) onEnd(reason);
    });
  });
  return {
    tell: (order) => {
      if (order.kind === "end") {
        isEnding = true;
        worker.ref();
      }
      worker.postMessage(order);
    },
    ended,
    terminate: async () => {
      isEnding = true;
      await worker.terminate();
    },
  };
}
