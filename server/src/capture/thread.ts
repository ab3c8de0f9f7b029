import { Worker } from "node:worker_threads";
import type { Order, Report, WriterOptions } from "./messages.ts";

/** The thread that writes. */
export interface CaptureThread {
  tell: (order: Order) => void;
  /** Resolves when the thread has ended, for whatever reason. */
  ended: Promise<void>;
  /** Ends it at once. */
  terminate: () => Promise<void>;
}

/** Most mebibytes of objects in the thread; beyond it the thread ends, and not the server. */
const heapMebibytes = 192;

/** Starts the thread that writes; `onEnd` is told why it ended without having been asked to. */
export function startThread(
  options: WriterOptions,
  onReport: (report: Report) => void,
  onEnd: (reason: string) => void,
): CaptureThread {
  // A bundle has the thread's code beside its main file.
  const code = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./capture.js";
  const worker = new Worker(new URL(code, import.meta.url), {
    name: "capture",
    workerData: options,
    resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
  });
  // It is nobody's reason to stay; whoever ends it waits for it.
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
