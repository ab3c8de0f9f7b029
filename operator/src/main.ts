import { readConfig, type Config } from "./config.ts";
import { Controller } from "./controller/controller.ts";
import { createIntrospection } from "./observe/server-client.ts";
import { createApi, type Api } from "./kube/api.ts";
import { loadKubeConfig } from "./kube/connection.ts";
import { createEventRecorder } from "./kube/events.ts";
import { createLeaderElection, type LeaderElection } from "./kube/leader.ts";
import { createLog, type Log } from "./telemetry/log.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { listen } from "./telemetry/ops-server.ts";
import { checkCluster } from "./controller/startup.ts";

try {
  const config = readConfig();
  const log = createLog(config.logLevel);
  await run(config, log);
  log.info("Stopped");
} catch (error) {
  createLog("info").fatal({ err: error }, error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** From the first look at the cluster to the end after SIGTERM. */
async function run(config: Config, log: Log): Promise<void> {
  const metrics = createMetrics();
  const api = createApi(loadKubeConfig(), {
    rate: config.apiRate,
    burst: config.apiBurst,
    // Not asked before there is one: writing begins with the leadership.
    mayWrite: () => leadership.isLeader(),
    onAnswer: (answer) => metrics.answered(answer),
  });
  const recorder = createEventRecorder({ api, component: "intendant", host: config.podName, log });
  const introspection = createIntrospection();
  const controller = new Controller({ ...config, api, introspection, recorder, metrics, log });
  const leadership = config.leaderElection ? election(config, api, log) : alone();
  let ready = false;

  const ops = await listen({
    port: config.opsPort,
    isReady: () => ready,
    metricsType: metrics.contentType,
    metrics: () =>
      metrics.text({
        queueDepth: controller.queueDepth(),
        isLeader: leadership.isLeader(),
        models: controller.models(),
      }),
  });
  log.info({ opsPort: ops.port }, "Listening");
  const end = ended();
  try {
    await checkCluster(api, config.namespaces);
    ready = true;
    if (!(await led(leadership, end))) return;
    log.info({ identity: config.podName }, "Started to lead");
    await Promise.race([controller.start(), aborted(end)]);
    await aborted(end);
    log.info("Ending what is under way");
  } finally {
    await controller.stop();
    await recorder.drain();
    await leadership.release();
    await ops.close();
    await api.close();
  }
}

function election({ podName, podNamespace }: Config, api: Api, log: Log): LeaderElection {
  return createLeaderElection({
    api,
    name: "intendant",
    namespace: podNamespace,
    identity: podName,
    log,
    onLost() {
      // At once, with whatever is under way: another replica acts from now on.
      log.fatal("Lost the leadership");
      process.exit(1);
    },
  });
}

/** Without leader election the only replica leads. */
function alone(): LeaderElection {
  return { acquire: async () => {}, release: async () => {}, isLeader: () => true };
}

/** Aborted when the process is asked to end. */
function ended(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ending.abort());
  return ending.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** Waits for the leadership; false when the process was asked to end before. */
async function led(leadership: LeaderElection, end: AbortSignal): Promise<boolean> {
  try {
    await leadership.acquire(end);
    return true;
  } catch (error) {
    if (end.aborted) return false;
    throw error;
  }
}
