import { Worker } from "node:worker_threads";
import { InvalidInput } from "../process/errors.ts";
import type { Tensors } from "../tensors/tensors.ts";
import { transferables } from "./transferables.ts";
import type { Run, Session, SessionOptions, Signature } from "./session.ts";
import type { Question, Reply } from "./thread-messages.ts";

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** The thread that ran the model ended, and with it every run in it. */
export class ThreadEnded extends Error {}

/** How a session in a thread is opened. */
export interface ThreadOptions extends SessionOptions {
  /** Told when the thread ends without having been closed. */
  onEnd: (error: ThreadEnded) => void;
}

/**
 * Opens a model in a thread of its own, so that only its own request waits for a run.
 * The bytes of the file move there and cannot be used here any more.
 */
export async function openThread(
  file: Buffer<ArrayBuffer>,
  { path, threads, onEnd }: ThreadOptions,
): Promise<Session> {
  // A bundle has the thread's code beside its main file.
  const code = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const worker = new Worker(new URL(code, import.meta.url), { name: "model" });
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  let isOpen = false;
  let reason = "it was stopped";

  worker.on("message", (reply: Reply) => {
    const question = open.get(reply.id);
    open.delete(reply.id);
    if ("result" in reply) return question?.resolve(reply.result);
    const { message, isInvalid } = reply.error;
    question?.reject(isInvalid ? new InvalidInput(message) : new Error(message));
  });
  worker.on("error", ({ message }: Error) => (reason = message));
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.once("exit", () => {
    const error = new ThreadEnded(`The thread that ran the model ended: ${reason}`);
    for (const { reject } of open.values()) reject(error);
    open.clear();
    if (isOpen) onEnd(error);
  });

  const ask = async (question: WithoutId<Question>, buffers: ArrayBuffer[]) => {
    const id = count++;
    const answer = Promise.withResolvers<unknown>();
    open.set(id, answer);
    worker.postMessage({ ...question, id }, buffers);
    return answer.promise;
  };
  const close = async () => {
    isOpen = false;
    await ask({ kind: "close" }, []);
    await ended;
  };

  try {
    const question = { kind: "open", file, path, threads } as const;
    const signature = (await ask(question, [file.buffer])) as Signature;
    isOpen = true;
    const run = async (inputs: Tensors, outputs: string[]) => {
      const { tensors, buffers } = transferables(inputs);
      return (await ask({ kind: "run", inputs: tensors, outputs }, buffers)) as Run;
    };
    return { signature, run, close };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}
