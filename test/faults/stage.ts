import type { V1Container, V1Deployment, V1Pod, V1Service } from "@kubernetes/client-node";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { ModelDeployment } from "../../operator/src/api/model-deployment.ts";
import { ApiClient, type Api } from "../../operator/src/kube/api.ts";
import { kinds, type KubeObject, type Wire } from "../../operator/src/kube/resource.ts";
import { kubeconfigPath } from "../../tools/cluster/programs/tools.ts";
import { eventually, kubectl, read, system } from "../e2e/world.ts";
import { startOperator, type Operator } from "./operator.ts";

/** Where faults happen: the test cluster, one model, and operators that are processes of this machine. */
export interface Stage {
  namespace: string;
  /** Asks the API server as an administrator, and not through any proxy. */
  api: Api;
  /** Starts an operator; the same identity is the same pod to other operators. */
  operator(identity?: string, environment?: Record<string, string>): Promise<Operator>;
  /** Begins a rollout: to a revision that was not there for a while. */
  change(): Promise<void>;
  /** Applies a spec to the model. */
  apply(spec: Spec): Promise<void>;
  /** Waits until the model is served as its spec says, and nothing is left of what was before. */
  settled(limit?: number): Promise<State>;
  model(): Promise<ModelDeployment>;
  pods(): Promise<Pod[]>;
  /** Address of the Service. */
  url(): Promise<string>;
  /** Gives the cluster its own operator back. */
  close(): Promise<void>;
}

/** A spec of the model; what is left out is the default, and the source is always the same. */
export type Spec = Partial<ModelDeployment["spec"]>;
export type Pod = Wire<V1Pod>;
type Deployment = Wire<V1Deployment>;
type Service = Wire<V1Service>;

/** What a rollout has to end in, whatever happened to the operator meanwhile; comparable. */
export interface State {
  revision: string;
  deployments: object[];
  service: object;
  conditions: string[];
}

/** The model of the stage. */
export const modelName = "steady";

const modelLabel = "intendant.dev/model";
const nameLabel = "app.kubernetes.io/name";
const revisionLabel = "intendant.dev/revision";

/** Settings of a model that needs little; a different number makes another revision. */
export function settings(number: number): Spec {
  return {
    replicas: 2,
    // On a busy machine answers are late; that is not the fault that is looked for.
    server: { grpc: false, env: [{ name: "MAX_QUEUE_MS", value: "30000" }] },
    resources: { requests: { cpu: `${50 + number}m`, memory: "256Mi" } },
  };
}

/** Sets the stage in a namespace, in a cluster where the chart is installed. */
export async function createStage(namespace: string): Promise<Stage> {
  const chart = await read<V1Deployment>("deployment", system, "intendant");
  const environment = environmentOf(chart!.spec!.template.spec!.containers[0]!);
  await kubectl("scale", "deployment/intendant", "-n", system, "--replicas=0");
  await kubectl(
    "wait",
    "pod",
    "-n",
    system,
    "-l",
    "app.kubernetes.io/name=intendant",
    "--for=delete",
  );
  const token = await kubectl("create", "token", "intendant", "-n", system, "--duration=4h");
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath());
  const cluster = config.getCurrentCluster()!;
  const upstream = { url: cluster.server, ca: Buffer.from(cluster.caData!, "base64").toString() };
  const api = new ApiClient(config, { rate: 1000, burst: 1000, timeout: 5_000 });
  let number = 1;
  const selection = { namespace, labelSelector: `${modelLabel}=${modelName}` };

  async function apply(spec: Spec): Promise<void> {
    const wanted = { model: { bundled: "intent-fr" }, ...spec };
    const object = { metadata: { name: modelName, namespace }, spec: wanted };
    await eventually("the API server takes the spec", 60, () =>
      api.apply<KubeObject>(kinds.modelDeployment, object, { manager: "user" }),
    );
  }

  async function model(): Promise<ModelDeployment> {
    return (await api.read<ModelDeployment>(kinds.modelDeployment, namespace, modelName))!;
  }

  const serverPods = {
    namespace,
    labelSelector: `${selection.labelSelector},${nameLabel}=model-server`,
  };
  const pods = async () => (await api.list<Pod>(kinds.pod, serverPods)).items;

  async function state(): Promise<State | undefined> {
    const now = await model();
    const service = await api.read<Service>(kinds.service, namespace, modelName);
    const deployments = (await api.list<Deployment>(kinds.deployment, selection)).items;
    return settledState(now, service, deployments, await pods());
  }

  const stage: Stage = {
    namespace,
    api,
    model,
    pods,
    operator: (identity = "faults-a", others = {}) =>
      startOperator({
        upstream,
        token,
        environment: { ...environment, POD_NAME: identity, POD_NAMESPACE: system, ...others },
      }),
    apply,
    change: () => apply(settings((number += 1))),
    settled: (limit = 120) => eventually(`${modelName} is served as its spec says`, limit, state),
    async url() {
      const service = await api.read<Service>(kinds.service, namespace, modelName);
      return `http://${service?.spec?.clusterIP}`;
    },
    async close() {
      await api.close();
      await kubectl("scale", "deployment/intendant", "-n", system, "--replicas=1");
      await kubectl("rollout", "status", "deployment/intendant", "-n", system, "--timeout=120s");
    },
  };
  await withOperator(stage.operator(), async () => {
    await stage.change();
    await stage.settled();
  });
  // The node learns of a new Service a moment later.
  await eventually(
    "the Service answers",
    30,
    async () => (await fetch(await stage.url())).status > 0,
  );
  return stage;
}

/** Does something while an operator runs; a failure comes with the end of its log. */
export async function withOperator<T>(
  starting: Promise<Operator>,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const operator = await starting;
  try {
    return await work(operator);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`${words}\nThe operator's log ends with:\n${operator.log()}`, { cause: error });
  } finally {
    operator.proxy.heal();
    await operator.stop();
  }
}

/** The variables that are set outright, not those that come from the pod. */
function environmentOf({ env = [] }: V1Container): Record<string, string> {
  return Object.fromEntries(env.flatMap(({ name, value }) => (value ? [[name, value]] : [])));
}

function settledState(
  { metadata, spec, status }: ModelDeployment,
  service: Service | undefined,
  deployments: Deployment[],
  pods: Pod[],
): State | undefined {
  const revision = status?.serving?.revision;
  const conditions = status?.conditions ?? [];
  const serving = deployments.find(
    ({ metadata }) => metadata?.labels?.[revisionLabel] === revision,
  );
  const cpu = serving?.spec?.template?.spec?.containers[0]?.resources?.requests?.["cpu"];
  const others = deployments.filter((deployment) => deployment !== serving);
  const isReady = (pod: Pod) =>
    pod.metadata?.labels?.[revisionLabel] === revision &&
    pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  const holds =
    revision !== undefined &&
    status?.observedGeneration === metadata.generation &&
    status?.candidate === undefined &&
    conditions.find(({ type }) => type === "Ready")?.status === "True" &&
    conditions.every(({ observedGeneration }) => observedGeneration === metadata.generation) &&
    cpu === String(spec.resources.requests.cpu) &&
    others.every((other) => other.spec?.replicas === 0) &&
    service?.spec?.selector?.[revisionLabel] === revision &&
    pods.length === spec.replicas &&
    pods.every(isReady);
  if (!holds) return undefined;
  return {
    revision,
    deployments: deployments.map(({ metadata, spec }) => ({
      name: metadata?.name,
      labels: metadata?.labels,
      spec,
    })),
    service: { labels: service?.metadata?.labels, selector: service?.spec?.selector },
    conditions: conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`).sort(),
  };
}
