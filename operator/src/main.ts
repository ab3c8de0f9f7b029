import { readConfig, type Config } from "./config.ts";
import { Controller } from "./controller/controller.ts";
import { ServerClient } from "./observe/server-client.ts";
import { ApiClient, type Api } from "./kube/api.ts";
import { loadKubeConfig } from "./kube/connection.ts";
import { EventRecorder } from "./kube/events.ts";
import { LeaderElection, type Leadership } from "./kube/leader.ts";
import { createLog, type Log } from "./telemetry/log.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { OpsServer } from "./telemetry/ops-server.ts";
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

/** Runs the operator until SIGTERM or SIGINT. */
async function run(config: Config, log: Log): Promise<void> {
  const metrics = new Metrics();
  const api = new ApiClient(loadKubeConfig(), {
    rate: config.apiRate,
    burst: config.apiBurst,
    // Not called before `leadership` is set: writing begins with it.
    mayWrite: () => leadership.isLeader(),
    onAnswer: (answer) => metrics.answered(answer),
  });
  const recorder = new EventRecorder({ api, component: "intendant", host: config.podName, log });
  const introspection = new ServerClient();
  const controller = new Controller({ ...config, api, introspection, recorder, metrics, log });
  const leadership = config.leaderElection ? election(config, api, log) : alone();
  let ready = false;

  const ops = await OpsServer.listen({
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
    log.info({ identity: config.podName }, "Became leader");
    await Promise.race([controller.start(), aborted(end)]);
    await aborted(end);
    log.info("Shutting down");
  } finally {
    await controller.stop();
    await recorder.drain();
    await leadership.release();
    await ops.close();
    await api.close();
  }
}

function election({ podName, podNamespace }: Config, api: Api, log: Log): Leadership {
  return new LeaderElection({
    api,
    name: "intendant",
    namespace: podNamespace,
    identity: podName,
    log,
    onLost() {
      // At once, in the middle of any pass: another replica acts from now on.
      log.fatal("Leader election lost");
      process.exit(1);
    },
  });
}

/** Without leader election the only replica leads. */
function alone(): Leadership {
  return { acquire: async () => {}, release: async () => {}, isLeader: () => true };
}

/** Aborted by SIGTERM or SIGINT. */
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

/** Waits for the leadership; false when the process is to end before. */
async function led(leadership: Leadership, end: AbortSignal): Promise<boolean> {
  try {
    await leadership.acquire(end);
    return true;
  } catch (error) {
    if (end.aborted) return false;
    throw error;
  }
}
