import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Instance } from "../../cluster/instance.ts";
import { inNode } from "../../cluster/network.ts";
import { MeasuredProcess } from "./measured-process.ts";

/** Settings of the operator under measurement. */
export interface Settings {
  rate: number;
  burst: number;
  concurrency: number;
  resyncSeconds: number;
}

/** Answered calls, by what they were for; those of the lease are left out. */
export interface Calls {
  reads: number;
  writes: number;
  status: number;
  events: number;
}

const port = 9190;

/** An operator that runs beside the control plane, and what it tells about itself. */
export class RunningOperator extends MeasuredProcess {
  readonly #metricsUrl: string;

  private constructor(program: [string, string[]], env: NodeJS.ProcessEnv, host: string) {
    super(program, env);
    this.#metricsUrl = `http://${host}:${port}/metrics`;
  }

  /** Starts the bundle and waits until it leads. */
  static async start(
    instance: Instance,
    bundle: string,
    settings: Settings,
  ): Promise<RunningOperator> {
    const program = inNode(instance, process.execPath, [join(bundle, "main.js")]);
    const operator = new RunningOperator(program, environment(settings), apiHost(instance));
    while (!/^intendant_leader 1$/m.test(await operator.#metrics().catch(() => ""))) {
      // Throws when it has ended.
      operator.cpu();
      await sleep(100);
    }
    return operator;
  }

  /** Calls to the API server so far. */
  async calls(): Promise<Calls> {
    return counted(await this.#metrics());
  }

  async #metrics(): Promise<string> {
    return (await fetch(this.#metricsUrl)).text();
  }
}

function environment(settings: Settings): NodeJS.ProcessEnv {
  return {
    // As the node calls it.
    KUBECONFIG: "/run/kubeconfig",
    NODE_ENV: "production",
    SERVER_IMAGE: "server:1",
    BENCHMARK_IMAGE: "benchmark:1",
    POD_NAME: "bench",
    POD_LABELS: "app.kubernetes.io/name=intendant",
    NETWORK_POLICIES: "true",
    API_RATE: String(settings.rate),
    API_BURST: String(settings.burst),
    CONCURRENCY: String(settings.concurrency),
    RESYNC_SECONDS: String(settings.resyncSeconds),
    OPS_PORT: String(port),
    LOG_LEVEL: "warn",
  };
}

function apiHost(instance: Instance): string {
  const config = JSON.parse(readFileSync(instance.kubeconfig, "utf8")) as {
    clusters: { cluster: { server: string } }[];
  };
  return new URL(config.clusters[0]!.cluster.server).hostname;
}

/** Sums up the operator's counter. */
function counted(metrics: string): Calls {
  const calls = { reads: 0, writes: 0, status: 0, events: 0 };
  const line = /^intendant_api_calls_total\{method="(\w+)",resource="([^"]+)",.*\} (\d+)$/gm;
  for (const [, method, resource = "", count] of metrics.matchAll(line)) {
    if (resource !== "leases") calls[purpose(method, resource)] += Number(count);
  }
  return calls;
}

function purpose(method: string | undefined, resource: string): keyof Calls {
  if (method === "GET") return "reads";
  if (resource.endsWith("/status")) return "status";
  return resource === "events" ? "events" : "writes";
}
