import { isTrue, nameOf } from "../kube/objects.ts";
import type { Problem } from "../api/reasons.ts";
import type { CaptureReport } from "./capture-report.ts";

import type { KubeObject } from "../kube/resource.ts";
import type { Deployment, Job, Pod } from "../kube/objects.ts";
import type { Traffic } from "./traffic.ts";
import type { SingleChildren } from "../resources/child-kinds.ts";
import { benchmarkName, enrichmentName, revisionLabel, serverName } from "../resources/metadata.ts";

/** The objects that are made for a ModelDeployment, and the pods of these. */
export interface Children extends SingleChildren {
  /** One for each revision. */
  deployments: Deployment[];
  /** The Jobs of benchmarks. */
  jobs: Job[];
  /** The Job that labels captured requests. */
  enrichmentJob?: Job | undefined;
  /** Pods of the model server, of benchmarks and of enrichment. */
  pods: Pod[];
}

/** What the cluster and the servers have answered about a ModelDeployment so far. */
export interface Answers {
  source: Source;
  /** Whether the cluster has HTTPRoutes. */
  hasGatewayAPI: boolean;
  /** The ConfigMap or claim of the annotating model; absent where nothing is enriched. */
  annotator?: Source | undefined;
  /** How many requests there are; undefined while that is not known. */
  traffic?: Traffic | undefined;
  /** The servers' reports about capture; undefined before the first one. */
  capture?: CaptureReport | undefined;
  /** The servers' descriptions of their model, by revision. */
  models: ReadonlyMap<string, ModelDescription>;
  /** How the server image of a revision was pulled; absent while that is not known. */
  pulls?: ReadonlyMap<string, Pulled>;
  /** Why running pods are not ready, in their servers' words, by the name of the pod. */
  unready: ReadonlyMap<string, Problem>;
}

/** All that is known about one ModelDeployment when a plan is made. */
export interface Observed extends Children, Answers {
  /** How many other models are being measured. */
  othersMeasured: number;
}

/** What the operator itself knows of the ONNX file. */
export interface Source {
  sha256?: string | undefined;
  /** Why it cannot be served. */
  problem?: Problem;
}

/** What a server says about the model it has loaded. */
export interface ModelDescription {
  sha256: string;
  inputs: Tensor[];
  outputs: Tensor[];
  sizeBytes?: number | undefined;
  /** Version of the standard ONNX operators that it uses. */
  opset?: number | undefined;
  /** The classes of a classifier. */
  labels?: string[] | undefined;
  loadSeconds?: number | undefined;
  warmUpSeconds?: number | undefined;
  /** The server's memory in bytes: when it had become ready, and the most so far. */
  memory?: { atRest?: number | undefined; peak?: number | undefined } | undefined;
  /** Where it runs, and the pod that says so. */
  node?: { cpu: string; pod?: string } | undefined;
}

/** Name, Open Inference Protocol data type, and size of each dimension with -1 for any. */
export interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
}

/** The revision that an object belongs to. */
export function revisionOf(object: KubeObject): string | undefined {
  return object.metadata?.labels?.[revisionLabel];
}

/** The revision that the Service gives the traffic to. */
export function selected(observed: Observed): string | undefined {
  return observed.service?.spec?.selector?.[revisionLabel];
}

/** The Deployment of a revision. */
export function deploymentOf(
  observed: Observed,
  revision: string | undefined,
): Deployment | undefined {
  if (revision === undefined) return undefined;
  return observed.deployments.find((deployment) => revisionOf(deployment) === revision);
}

/** The pods that serve a model and are not about to go, by name. */
export function servers(pods: Pod[]): Pod[] {
  return pods
    .filter((pod) => isServer(pod) && pod.metadata?.deletionTimestamp === undefined)
    .sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

/** The serving pods of a revision, by name. */
export function podsOf(observed: Observed, revision: string): Pod[] {
  return servers(observed.pods).filter((pod) => revisionOf(pod) === revision);
}

/** How often the container of a pod was started again. */
export function restartsOf(pod: Pod): number {
  return pod.status?.containerStatuses?.[0]?.restartCount ?? 0;
}

/** The pod's containers are ready. */
export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(isTrue("Ready")) ?? false;
}

/**
 * The pod's server runs and is not ready. What it says about that can change without any event, and
 * often it comes to say it after the last one.
 */
export function isStarting(pod: Pod): boolean {
  const [container] = pod.status?.containerStatuses ?? [];
  const isRunning = pod.status?.podIP !== undefined && container?.state?.running !== undefined;
  return isServer(pod) && isRunning && !isReady(pod);
}

/**
 * How many pods of a revision can answer now. The Deployment's counts alone come before the pods'
 * own news, so the smallest of the three counts.
 */
export function available(observed: Observed, revision: string): number {
  const status = deploymentOf(observed, revision)?.status;
  const ready = podsOf(observed, revision).filter(isReady).length;
  return Math.min(status?.availableReplicas ?? 0, status?.updatedReplicas ?? 0, ready);
}

/** The pod serves a model. */
export function isServer(pod: Pod): boolean {
  return appOf(pod) === serverName;
}

/** The Job or pod measures a model. */
export function isBenchmark(object: KubeObject): boolean {
  return appOf(object) === benchmarkName;
}

/** The pod labels what was captured. */
export function isWorker(pod: Pod): boolean {
  return appOf(pod) === enrichmentName;
}

function appOf({ metadata }: KubeObject): string | undefined {
  return metadata?.labels?.["app.kubernetes.io/name"];
}

/** How a pod came by its server image, as far as the cluster tells. */
export interface Pulled {
  /** The pod that it is known of. */
  pod: string;
  /** Seconds; 0 where the node had it. */
  seconds?: number | undefined;
  bytes?: number | undefined;
}
