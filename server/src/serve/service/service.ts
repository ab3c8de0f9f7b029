import type { NotReadyReason } from "../../contract/ops.ts";
import type { CaptureChoice } from "../../capture/capture.ts";
import type { IntentClassifier } from "../../model/classifier.ts";
import type { Description } from "../../model/model.ts";
import type { Example } from "../../model/warmup.ts";

/** A model that is loaded and warmed up. */
export interface Serving extends CaptureChoice {
  description: Description;
  /** The model as an intent classifier, when it is one. */
  classifier: IntentClassifier | undefined;
  /** Undefined when no inputs are known that the model takes. */
  example: Example | undefined;
  loadSeconds: number;
  warmUpSeconds: number;
  /** Bytes of memory in use when the model was loaded and warmed up; undefined when not known. */
  memoryAtRest: number | undefined;
}

/** Why a server is not ready. */
export interface NotReady {
  reason: NotReadyReason;
  message: string;
}

const shuttingDown: NotReady = { reason: "ShuttingDown", message: "The server is shutting down" };

/** What the process can do at the moment: it loads a model, serves it or failed to, and ends. */
export class Service {
  /** Name of the model, known before it is loaded. */
  readonly name: string;
  #serving: Serving | undefined;
  #problem: NotReady | undefined = { reason: "Loading", message: "The model is being loaded" };
  #isStarting = true;
  #isEnding = false;
  readonly #listeners = new Set<() => void>();

  constructor(name: string) {
    this.name = name;
  }

  /** The model, also while the process ends. */
  get serving(): Serving | undefined {
    return this.#serving;
  }

  /** Why no request should be sent here; undefined when the service is ready. */
  get problem(): NotReady | undefined {
    return this.#isEnding ? shuttingDown : this.#problem;
  }

  /** It is not known yet whether the model can be served. */
  get isStarting(): boolean {
    return this.#isStarting;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  serve(serving: Serving): void {
    this.#serving = serving;
    this.#problem = undefined;
    this.#isStarting = false;
    this.#tell();
  }

  /** The model is not served, because of this. */
  fail(problem: NotReady): void {
    this.#problem = problem;
    this.#isStarting = false;
    this.#tell();
  }

  end(): void {
    this.#isEnding = true;
    this.#tell();
  }

  /** Calls a listener whenever readiness may have changed, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
