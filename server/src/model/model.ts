import { setTimeout as wait } from "node:timers/promises";
import { Refusal, Unavailable } from "../process/errors.ts";
import { readModel, type ModelFile } from "./file.ts";
import { openSession, type Run, type Session, type Signature } from "./session.ts";
import { openThread, ThreadEnded } from "./thread.ts";
import type { Tensors } from "../tensors/tensors.ts";

/** What a model file says about itself. */
export interface Description extends Signature {
  name: string;
  /** SHA-256 of the file, in hexadecimal. */
  sha256: string;
  sizeBytes: number;
}

/** Where a model runs: in the thread that also answers requests, or in one of its own. */
export type Execution = "inline" | "thread";

/** A loaded model. */
export interface Model {
  description: Description;
  /** Where it runs at the moment. */
  readonly execution: Execution;
  /**
   * Computes the named outputs. Inline it blocks the process while it computes.
   *
   * @throws InvalidInput when ONNX Runtime refuses the inputs
   * @throws Unavailable while the model is being loaded again
   */
  run: (inputs: Tensors, outputs: string[]) => Promise<Run>;
  /** Continues in a thread; runs that are requested meanwhile wait. */
  moveToThread: () => Promise<void>;
  close: () => Promise<void>;
}

/** Where a model is and how it is to be run. */
export interface Source {
  path: string;
  name: string;
  /** Digest that the file must have. */
  sha256?: string | undefined;
  /** Threads that one run may use. */
  threads: number;
  execution?: Execution;
  /** Told why the model cannot run; undefined when it can again. */
  onLoadFailure?: (error: Error | undefined) => void;
}

/** Reads, verifies and loads a model file; every error is a sentence that says what is wrong. */
export async function loadModel(source: Source): Promise<Model> {
  const file = await readModel(source.path, source.sha256);
  const model = new LoadedModel(source, file);
  await model.open(file, source.execution ?? "inline");
  return model;
}

/** Most seconds between two attempts to load a model again. */
const longestPauseSeconds = 30;

class LoadedModel implements Model {
  execution: Execution = "inline";
  readonly #source: Source;
  readonly #file: Pick<Description, "name" | "sha256" | "sizeBytes">;
  #signature: Signature | undefined;
  #session: Session | undefined;
  #moving: Promise<void> | undefined;
  #isClosed = false;

  constructor(source: Source, { bytes, sha256 }: ModelFile) {
    this.#source = source;
    this.#file = { name: source.name, sha256, sizeBytes: bytes.length };
  }

  get description(): Description {
    if (!this.#signature) throw new Error("The model was never open");
    return { ...this.#file, ...this.#signature };
  }

  async open({ bytes }: ModelFile, execution: Execution): Promise<void> {
    const { path, threads } = this.#source;
    const onEnd = (error: ThreadEnded) => void this.#reopen(error);
    this.#session =
      execution === "inline"
        ? await openSession(bytes, { path, threads })
        : await openThread(bytes, { path, threads, onEnd });
    this.#signature ??= this.#session.signature;
    this.execution = execution;
  }

  async run(inputs: Tensors, outputs: string[]): Promise<Run> {
    await this.#moving;
    if (!this.#session) throw new Unavailable("The model is being loaded again; try again later");
    try {
      return await this.#session.run(inputs, outputs);
    } catch (error) {
      // It was reported already, once for all the requests that failed with it.
      throw error instanceof ThreadEnded
        ? new Refusal(500, "Internal error; see the server log")
        : error;
    }
  }

  async moveToThread(): Promise<void> {
    if (this.execution === "thread") return;
    this.#moving ??= this.#move().finally(() => (this.#moving = undefined));
    await this.#moving;
  }

  async #move(): Promise<void> {
    // While nothing but the file can fail, the model stays where it is.
    const file = await this.#readAgain();
    // Two sessions at once may be more than the memory that the container has.
    await this.#session?.close();
    this.#session = undefined;
    await this.open(file, "thread").catch((error: Error) => void this.#reopen(error));
  }

  async #reopen(trouble: Error): Promise<void> {
    this.#session = undefined;
    this.#source.onLoadFailure?.(trouble);
    for (let pause = 0; !this.#isClosed; pause = Math.min(2 * pause || 1, longestPauseSeconds)) {
      await wait(1000 * pause, undefined, { ref: false });
      try {
        await this.open(await this.#readAgain(), "thread");
        return this.#source.onLoadFailure?.(undefined);
      } catch (error) {
        this.#source.onLoadFailure?.(error as Error);
      }
    }
  }

  /** The file; the same bytes as at first or an error. */
  async #readAgain(): Promise<ModelFile> {
    return readModel(this.#source.path, this.#file.sha256);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#moving;
    await this.#session?.close();
  }
}
