import { readFileSync } from "node:fs";
import { here } from "../../tools/cluster/instance.ts";
import { nodeName } from "../../tools/cluster/node.ts";
import { processes } from "../../tools/cluster/parts.ts";
import { command, eventually, kubectl, read } from "../e2e/world.ts";
import { kinds, type KubeObject } from "../../operator/src/kube/resource.ts";
import { since, underTraffic, type Scenario } from "./scenario.ts";
import { modelName, type Pod, type Stage } from "./stage.ts";

/** What happens to pods and nodes; no operator runs meanwhile. */
export const pods: Scenario[] = [
  {
    title: "a pod is deleted",
    run: (stage, round) =>
      underTraffic(stage, round, async () => {
        const started = performance.now();
        const pod = await anyPod(stage);
        await stage.api.remove(kinds.pod, stage.namespace, pod.metadata!.name!);
        await replaced(stage, [pod]);
        return `another one was ready, and it was gone, after ${since(started)}`;
      }),
  },
  {
    title: "a pod is killed with SIGKILL",
    run: (stage, round) =>
      underTraffic(stage, round, async (traffic) => {
        const pod = await anyPod(stage);
        const pids = serverProcesses(pod);
        if (pids.length === 0) throw new Error(`${pod.metadata?.name} has no process`);
        const started = performance.now();
        for (const pid of pids) process.kill(pid, "SIGKILL");
        const inFlight = traffic.serverKilled();
        await eventually("the container runs again", 60, async () => {
          const now = (await stage.pods()).find(
            ({ metadata }) => metadata?.uid === pod.metadata?.uid,
          );
          return (now?.status?.containerStatuses?.[0]?.restartCount ?? 0) > restarts(pod);
        });
        await stage.settled();
        return `${inFlight} requests were in flight in all pods; ready again after ${since(started)}`;
      }),
  },
  {
    title: "the node is drained, with a PodDisruptionBudget",
    run: (stage, round) =>
      underTraffic(stage, round, async () => {
        const started = performance.now();
        const before = await stage.pods();
        const least = await allowedLeast(stage);
        const availability = watchAvailability(stage);
        const draining = await drain();
        try {
          await eventually("the first pod is evicted", 60, async () =>
            (await stage.pods()).some((pod) => pod.status?.phase === "Pending"),
          );
          await eventually("the next eviction is refused", 60, draining.wasRefused);
        } finally {
          await kubectl("uncordon", nodeName);
        }
        await draining.ended;
        await replaced(stage, before);
        const fewest = await availability.stop();
        if (fewest < least) throw new Error(`only ${fewest} of at least ${least} were available`);
        return `never fewer than ${fewest} available; drained after ${since(started)}`;
      }),
  },
];

async function anyPod(stage: Stage): Promise<Pod> {
  await stage.settled();
  return (await stage.pods())[0]!;
}

async function replaced(stage: Stage, old: Pod[]): Promise<void> {
  await eventually("the old pods are gone", 120, async () => {
    const uids = (await stage.pods()).map(({ metadata }) => metadata?.uid);
    return old.every(({ metadata }) => !uids.includes(metadata?.uid));
  });
  await stage.settled();
}

function restarts({ status }: Pod): number {
  return status?.containerStatuses?.[0]?.restartCount ?? 0;
}

/** The processes of a pod's one container; the control group carries the container's name. */
function serverProcesses({ status }: Pod): number[] {
  const id = status?.containerStatuses?.[0]?.containerID?.replace("containerd://", "");
  if (!id) return [];
  return processes(here).filter((pid) => readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(id));
}

/** How many pods have to be available, by the model's PodDisruptionBudget. */
async function allowedLeast({ namespace }: Stage): Promise<number> {
  const budget = await eventually(
    "there is a PodDisruptionBudget that is in force",
    30,
    async () => {
      const found = await read<{ status?: { desiredHealthy?: number; currentHealthy?: number } }>(
        "poddisruptionbudget",
        namespace,
        modelName,
      );
      return found?.status?.currentHealthy === 2 ? found : undefined;
    },
  );
  return budget.status!.desiredHealthy!;
}

interface Deployment extends KubeObject {
  spec?: { replicas?: number };
  status?: { availableReplicas?: number };
}

/** Sees every change of the number of available pods. */
function watchAvailability({ api, namespace }: Stage) {
  const ending = new AbortController();
  const labelSelector = `intendant.dev/model=${modelName}`;
  let fewest = Infinity;
  const look = ({ spec, status }: Deployment) => {
    // Revisions that are only kept have no pods.
    if (spec?.replicas) fewest = Math.min(fewest, status?.availableReplicas ?? 0);
  };
  const watching = (async () => {
    const list = await api.list<Deployment>(kinds.deployment, { namespace, labelSelector });
    for (const deployment of list.items) look(deployment);
    const events = api.watch<Deployment>(kinds.deployment, {
      namespace,
      labelSelector,
      resourceVersion: list.resourceVersion,
      timeoutSeconds: 600,
      inactivity: 600_000,
      signal: ending.signal,
    });
    for await (const { type, object } of events) if (type !== "BOOKMARK") look(object);
  })();
  return {
    async stop() {
      ending.abort();
      await watching;
      return fewest;
    },
  };
}

/** Drains the node of the model's pods; resolves when the last one is gone. */
async function drain() {
  const before = await refusals();
  const selector = `--pod-selector=intendant.dev/model=${modelName}`;
  const ended = command("kubectl", ["drain", nodeName, selector, "--timeout=180s"]);
  // Awaited later, if nothing else fails before.
  ended.catch(() => undefined);
  return { ended, wasRefused: async () => (await refusals()) > before };
}

/** How many evictions the API server has refused. */
async function refusals(): Promise<number> {
  const metrics = await kubectl("get", "--raw", "/metrics");
  const lines = metrics.matchAll(
    /^apiserver_request_total\{(?=[^}]*code="429")(?=[^}]*subresource="eviction")[^}]*\} (\d+)/gm,
  );
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}
