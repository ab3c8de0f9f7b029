import { parentPort, workerData } from "node:worker_threads";
import type { WorkerMessage, WorkerReport, WriterOptions } from "./messages.ts";
import { Recorder } from "./recorder.ts";
import { WriteQueue } from "./write-queue.ts";

/** The thread that writes what was captured, so that none of it takes time from requests. */
const { model, databaseFolder, redact, retentionSeconds } = workerData as WriterOptions;
const tell = (report: WorkerReport) => parentPort?.postMessage(report);
const recorder = new Recorder({
  model,
  databaseFolder,
  state: (state, message) => tell({ kind: "state", state, message }),
  warn: (message) => tell({ kind: "securityWarning", message }),
});
const queue = new WriteQueue({
  redact,
  write: async (batch) => recorder.write(batch),
  settled: (settled) => tell({ kind: "settled", ...settled }),
});
let retention: NodeJS.Timeout | undefined;

parentPort?.on("message", (order: WorkerMessage) => void follow(order));
if (retentionSeconds !== undefined) deleteLater(retentionSeconds);

async function follow(order: WorkerMessage): Promise<void> {
  if (order.kind === "form") return queue.take(order.form);
  if (order.kind === "write") return queue.add(order.requests);
  if (order.kind === "end") return end(order.milliseconds);
  tell({ kind: "figures", figures: await recorder.figures() });
}

async function end(milliseconds: number): Promise<void> {
  clearTimeout(retention);
  const limit = setTimeout(() => void recorder.end(), milliseconds);
  await queue.flush();
  clearTimeout(limit);
  await recorder.end();
  parentPort?.close();
}

/** Often enough that nothing is kept for much longer than it may be. */
function deleteLater(maxAgeSeconds: number): void {
  const pause = Math.min(600, Math.max(10, maxAgeSeconds / 60));
  // Servers that started together should not look at the same moment.
  const milliseconds = 1000 * pause * (0.75 + Math.random() / 2);
  retention = setTimeout(() => void deleteNow(maxAgeSeconds), milliseconds);
}

async function deleteNow(maxAgeSeconds: number): Promise<void> {
  const deleted = await recorder.deleteOld(maxAgeSeconds);
  if (deleted && deleted.requests + deleted.examples > 0) tell({ kind: "deleted", ...deleted });
  deleteLater(maxAgeSeconds);
}
