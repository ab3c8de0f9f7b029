import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import { Applier } from "../apply/applier.ts";
import { BenchmarkSlots } from "../apply/benchmark-slots.ts";
import { OwnWrites } from "../apply/own-writes.ts";
import { annotatorDigest, isPending } from "../enrichment/annotator.ts";
import type { Api } from "../kube/api.ts";
import { timeOfDay } from "../kube/clock.ts";
import type { EventRecorder } from "../kube/events.ts";
import { WorkQueue } from "../kube/queue.ts";
import { Caches } from "../observe/caches.ts";
import { CaptureProbe } from "../observe/capture-probe.ts";
import { ImagePullProbe } from "../observe/image-pull-probe.ts";
import { ModelProbe } from "../observe/model-probe.ts";
import { Observer } from "../observe/observer.ts";
import type { Introspection } from "../observe/server-client.ts";
import type { Installation } from "../resources/installation.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics, ReconcileResult } from "../telemetry/metrics.ts";
import { reconcile, type Context } from "./reconcile.ts";
import type { PassResult } from "./requeue.ts";

/** What a controller is made of. */
export interface ControllerOptions {
  api: Api;
  introspection: Introspection;
  recorder: Pick<EventRecorder, "record">;
  metrics: Pick<Metrics, "reconciled">;
  log: Log;
  installation: Installation;
  /** Namespaces to watch; all when empty. */
  namespaces: string[];
  /** ModelDeployments that are worked on at the same time. */
  concurrency: number;
  /** Seconds after which every ModelDeployment gets a pass again. */
  resyncSeconds: number;
  now?: () => Date;
}

/**
 * Watches ModelDeployments and what belongs to them, and gives each a pass whenever something about
 * it changed. It does nothing before `start`.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #caches: Caches;
  readonly #observer: Observer;
  readonly #ownWrites: OwnWrites;
  readonly #slots: BenchmarkSlots;
  readonly #context: Context;
  /** ModelDeployments that wait for a benchmark slot, the longest first. */
  readonly #waiting = new Set<string>();
  #resync: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ControllerOptions) {
    const { api, introspection, log, installation, concurrency, now = timeOfDay } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      concurrency,
      run: (key) => this.#pass(key),
      onError: (key, err, attempts) => {
        log.error({ err, model: key, attempts }, "Could not reconcile ModelDeployment");
      },
    });
    const onChange = (key: string) => this.#queue.add(key);
    const caches = new Caches({ ...options, onChange, onJob: () => this.#wake() });
    this.#caches = caches;
    this.#observer = new Observer({
      api,
      caches,
      modelProbe: new ModelProbe({ introspection, onChange }),
      imagePullProbe: new ImagePullProbe({ api, onChange, log }),
      captureProbe: new CaptureProbe({
        introspection,
        isPending: (model, seen) => isPending(model, seen, annotatorDigest(model, seen)),
        onChange,
      }),
    });
    this.#ownWrites = new OwnWrites((key) => caches.model(key));
    this.#slots = new BenchmarkSlots(() => caches.jobs());
    const has = (model: ModelDeployment, object: object) => caches.has(model, object);
    const [observer, ownWrites, slots] = [this.#observer, this.#ownWrites, this.#slots];
    const applier = new Applier({ ...options, has, ownWrites, slots });
    this.#context = { observer, applier, slots, installation, now };
  }

  /** Resolves when everything has been listed once and the first passes are under way. */
  async start(): Promise<void> {
    this.#caches.start();
    await this.#caches.synced;
    if (this.#stopped) return;
    this.#queue.start();
    this.#resync = setInterval(() => {
      for (const model of this.models()) this.#queue.add(keyOf(model));
    }, this.#options.resyncSeconds * 1000);
  }

  /** Starts no other pass and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#resync);
    await this.#queue.stop();
    this.#observer.stop();
    await this.#caches.stop();
  }

  /** ModelDeployments that wait for a pass. */
  queueDepth(): number {
    return this.#queue.depth;
  }

  /** All ModelDeployments, as far as they are known. */
  models(): ModelDeployment[] {
    return this.#caches.models();
  }

  async #pass(key: string): Promise<{ requeueAfter?: number } | void> {
    const model = this.#ownWrites.latest(key);
    // Owner references make the cluster remove what belonged to a deleted ModelDeployment.
    if (!model || model.metadata.deletionTimestamp) return this.#forget(key);
    const started = performance.now();
    let result: ReconcileResult = "error";
    try {
      const outcome = await reconcile(model, this.#context);
      result = outcome.result;
      if (outcome.isQueued) return this.#waitForSlot(model, outcome);
      this.#waiting.delete(key);
      return outcome;
    } finally {
      this.#options.metrics.reconciled(result, (performance.now() - started) / 1000);
    }
  }

  /** A slot may have become free during the pass. */
  #waitForSlot(model: ModelDeployment, outcome: PassResult): PassResult {
    this.#waiting.add(keyOf(model));
    return this.#hasFreeSlot(model) ? { ...outcome, requeueAfter: 0 } : outcome;
  }

  /** Wakes no more of those that wait than can be measured, as there can be thousands. */
  #wake(): void {
    const next = [...this.#waiting].slice(0, this.#options.installation.benchmarkConcurrency);
    for (const key of next) {
      const model = this.#ownWrites.latest(key);
      if (model && !this.#hasFreeSlot(model)) return;
      this.#waiting.delete(key);
      this.#queue.add(key);
    }
  }

  #hasFreeSlot(model: ModelDeployment): boolean {
    return this.#slots.others(model) < this.#options.installation.benchmarkConcurrency;
  }

  #forget(key: string): void {
    this.#waiting.delete(key);
    this.#ownWrites.forget(key);
    this.#observer.forget(key);
  }
}
