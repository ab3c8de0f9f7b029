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
  /** Called when the thread ends without having been closed. */
  onEnd: (error: ThreadEnded) => void;
}

/**
 * Opens a model in a thread of its own, so that only its own request waits for a run.
 * The bytes of the file move there and cannot be used here any more.
 */
export async function openThread(
  file: Buffer<ArrayBuffer>,
  options: ThreadOptions,
): Promise<Session> {
  const thread = new ModelThread(options.onEnd);
  await thread.open(file, options);
  return thread;
}

class ModelThread implements Session {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;
  #isOpen = false;
  #signature: Signature | undefined;
  #reason = "it was stopped";

  constructor(onEnd: ThreadOptions["onEnd"]) {
    // A bundle has the thread's code beside its main file.
    const code = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    this.#worker = new Worker(new URL(code, import.meta.url), { name: "model" });
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    this.#worker.on("error", ({ message }: Error) => (this.#reason = message));
    this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.#worker.once("exit", () => {
      const error = new ThreadEnded(`The thread that ran the model ended: ${this.#reason}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      if (this.#isOpen) onEnd(error);
    });
  }

  get signature(): Signature {
    if (!this.#signature) throw new Error("The model was never open");
    return this.#signature;
  }

  async open(file: Buffer<ArrayBuffer>, { path, threads }: SessionOptions): Promise<void> {
    try {
      const question = { kind: "open", file, path, threads } as const;
      this.#signature = (await this.#ask(question, [file.buffer])) as Signature;
      this.#isOpen = true;
    } catch (error) {
      await this.#worker.terminate();
      throw error;
    }
  }

  async run(inputs: Tensors, outputs: string[]): Promise<Run> {
    const { tensors, buffers } = transferables(inputs);
    return (await this.#ask({ kind: "run", inputs: tensors, outputs }, buffers)) as Run;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#ask({ kind: "close" }, []);
    await this.#ended;
  }

  async #ask(question: WithoutId<Question>, buffers: ArrayBuffer[]): Promise<unknown> {
    const id = this.#asked++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#worker.postMessage({ ...question, id }, buffers);
    return answer.promise;
  }

  #settle(reply: Reply): void {
    const answer = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("result" in reply) return answer?.resolve(reply.result);
    const { message, isInvalid } = reply.error;
    answer?.reject(isInvalid ? new InvalidInput(message) : new Error(message));
  }
}
