import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import { createCaches } from "../observe/caches.ts";
import { createCluster, type Cluster } from "../apply/applier.ts";
import type { Installation } from "../resources/installation.ts";
import type { Introspection } from "../observe/server-client.ts";
import type { Api } from "../kube/api.ts";
import { timeOfDay } from "../kube/clock.ts";
import type { EventRecorder } from "../kube/events.ts";
import { createPolling } from "../observe/polling.ts";
import { createPulls } from "../observe/image-pulls.ts";
import { createQueue } from "../kube/queue.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { reconcile } from "./reconcile.ts";
import { type Outcome } from "./requeue.ts";
import { createServers } from "../observe/descriptions.ts";

/** What a controller is made of. */
export interface ControllerOptions {
  api: Api;
  introspection: Introspection;
  recorder: EventRecorder;
  metrics: Metrics;
  log: Log;
  installation: Installation;
  /** Namespaces to watch; all when empty. */
  namespaces: string[];
  /** ModelDeployments that are worked on at the same time. */
  concurrency: number;
  /** Seconds after which every ModelDeployment is looked at again. */
  resyncSeconds: number;
  now?: () => Date;
}

/** Watches, and gives each ModelDeployment a pass whenever something about it changed. */
export interface Controller {
  /** Resolves when everything has been seen once and the first passes are under way. */
  start(): Promise<void>;
  /** Ends the passes under way and begins no other. */
  stop(): Promise<void>;
  /** ModelDeployments that wait for a pass. */
  queueDepth(): number;
  /** All ModelDeployments, as far as they are known. */
  models(): ModelDeployment[];
}

/** A controller that does nothing before `start`. */
export function createController(options: ControllerOptions): Controller {
  const { api, introspection, metrics, log, installation, concurrency } = options;
  const { now = timeOfDay } = options;
  const queue = createQueue({
    concurrency,
    run: pass,
    onError: (key, err, attempts) => {
      log.error({ err, model: key, attempts }, "Could not reconcile ModelDeployment");
    },
  });
  const onChange = (key: string) => queue.add(key);
  /** Who waits to be measured, the longest first. */
  const waiting = new Set<string>();
  const caches = createCaches({ ...options, onChange, onJob: wake });
  const servers = createServers({ introspection, onChange });
  const pulls = createPulls({ api, onChange, log });
  const polling = createPolling({ introspection, onChange });
  const cluster: Cluster = createCluster({ ...options, caches, servers, pulls, polling });
  let resync: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Wakes no more of them than can be measured, as there can be thousands. */
  function wake(): void {
    for (const key of [...waiting].slice(0, installation.benchmarkConcurrency)) {
      if (!isFree(cluster.model(key))) return;
      waiting.delete(key);
      queue.add(key);
    }
  }

  function isFree(model: ModelDeployment | undefined): boolean {
    return !model || cluster.othersMeasured(model) < installation.benchmarkConcurrency;
  }

  /** What it waits for may have happened while the pass was under way. */
  function waited(model: ModelDeployment, outcome: Outcome): Outcome {
    waiting.add(keyOf(model));
    return isFree(model) ? { ...outcome, requeueAfter: 0 } : outcome;
  }

  function forget(key: string): void {
    waiting.delete(key);
    cluster.forget(key);
  }

  async function pass(key: string): Promise<{ requeueAfter?: number } | void> {
    const model = cluster.model(key);
    // Owner references make the cluster remove what belonged to a deleted ModelDeployment.
    if (!model || model.metadata.deletionTimestamp) return forget(key);
    const started = performance.now();
    let result: Outcome["result"] | "error" = "error";
    try {
      const outcome = await reconcile(model, { cluster, installation, now });
      result = outcome.result;
      if (outcome.isQueued) return waited(model, outcome);
      waiting.delete(key);
      return outcome;
    } finally {
      metrics.reconciled(result, (performance.now() - started) / 1000);
    }
  }

  return {
    async start() {
      caches.start();
      await caches.synced;
      if (stopped) return;
      queue.start();
      resync = setInterval(() => {
        for (const model of cluster.models()) queue.add(keyOf(model));
      }, options.resyncSeconds * 1000);
    },
    async stop() {
      stopped = true;
      clearInterval(resync);
      await queue.stop();
      servers.stop();
      polling.stop();
      await caches.stop();
    },
    queueDepth: () => queue.depth,
    models: () => cluster.models(),
  };
}
