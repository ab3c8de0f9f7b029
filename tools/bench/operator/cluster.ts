import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { ApiClient, type Api } from "../../../operator/src/kube/api.ts";
import { kinds, type Kind, type KubeObject } from "../../../operator/src/kube/resource.ts";
import { here } from "../../cluster/instance.ts";
import { toolPath } from "../../cluster/programs/tools.ts";
import { run } from "../../support/command.ts";
import { ObjectCounter } from "./object-counter.ts";
import { namespace } from "./objects.ts";

/** The longest that is waited for anything, in seconds. */
const patience = 3_000;

/** Runs kubectl on the cluster of the benchmark. */
export function kubectl(args: string[], input?: string): Promise<string> {
  const env = { PATH: toolPath(), KUBECONFIG: here.kubeconfig };
  return run("kubectl", args, { env, ...(input !== undefined && { input }) });
}

/** A goal for objects of one kind. */
export interface Goal {
  kind: Kind;
  isDone: (object: KubeObject) => boolean;
  count: number;
  /** Names the goal in an error. */
  what: string;
}

/** Applies objects at once; gives the seconds from the beginning until the goal is reached. */
export async function applyAndWait(
  objects: object[],
  { kind, isDone, count, what }: Goal,
): Promise<number> {
  const api = client();
  const counter = await ObjectCounter.start(api, kind, isDone);
  try {
    const started = performance.now();
    await Promise.all([apply(objects), counter.reached({ done: count }, what, patience)]);
    return (performance.now() - started) / 1000;
  } finally {
    await counter.stop();
    await api.close();
  }
}

/** Removes everything that the benchmark made and waits until it is gone. */
export async function empty(): Promise<void> {
  const api = client();
  const pods = await ObjectCounter.start(api, kinds.pod, () => true);
  const deployments = await ObjectCounter.start(api, kinds.deployment, () => true);
  try {
    for (const path of [
      `/apis/intendant.dev/v1alpha1/namespaces/${namespace}/modeldeployments`,
      `/apis/apps/v1/namespaces/${namespace}/deployments`,
      `/api/v1/namespaces/${namespace}/services`,
      `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
    ]) {
      await remove(path);
    }
    await deployments.reached({ left: 0 }, "all Deployments are gone", patience);
    await pods.reached({ left: 0 }, "all pods are gone", patience);
  } finally {
    await pods.stop();
    await deployments.stop();
    await api.close();
  }
}

/** The API server breaks off after a minute, however much there is left to remove. */
async function remove(collection: string, tries = 60): Promise<void> {
  try {
    await kubectl(["delete", "--raw", collection]);
  } catch (error) {
    if (tries === 0) throw error;
    await remove(collection, tries - 1);
  }
}

function apply(objects: object[]): Promise<string> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  return kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
}

function client(): Api {
  const config = new KubeConfig();
  config.loadFromFile(here.kubeconfig);
  return new ApiClient(config, { userAgent: "intendant-bench", rate: 1_000, burst: 1_000 });
}
